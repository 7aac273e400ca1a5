"""The rules documents that come with the product, by name."""

from functools import cache
from importlib import resources

from tenants.agents.rules.document.parsing import Rules, parse

_FOLDER = resources.files(__package__)


@cache
def names() -> tuple[str, ...]:
    """Return the presets' names in alphabetical order."""
    files = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


@cache
def source(name: str) -> str:
    """Return the text of a preset with its comments; KeyError if there is none of that name."""
    if name not in names():
        raise KeyError(name)
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def rules(name: str) -> Rules:
    """Return a preset, parsed; KeyError if there is none of that name."""
    return parse(source(name))
