"""The demo catalogue: six suppliers, their goods in two languages, and drawn pictures."""

from catalog.demo.loading import load

__all__ = ["load"]
