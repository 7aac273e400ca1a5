"""Django imports this for its site; the pages are screens, for no model here is edited row by row."""

from selection import screens

__all__ = ["screens"]
