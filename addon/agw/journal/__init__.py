"""Every call on record, first and for good: SQLite files that a person can open."""

from agw.journal.journal import Journal, Keep

__all__ = ["Journal", "Keep"]
