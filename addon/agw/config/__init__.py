"""The config: text -> tree (environment, lines) -> checked -> an immutable Snapshot.

Nothing here imports another room of the house but ``agw.errors``, so that all of them may import the snapshot.
"""

from agw.config.loader import load, loads

__all__ = ["load", "loads"]
