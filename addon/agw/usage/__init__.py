"""The one definition of each token class."""

from agw.usage.usage import Source, Usage

__all__ = ["Source", "Usage"]
