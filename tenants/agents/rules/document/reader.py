"""YAML to plain values, safely: numbers stay decimal, every part keeps its line, nothing can explode.

Only the plain part of YAML is taken: no anchors, no tags, no second document, no key twice. The text is
read event by event, so a hostile document is refused where it goes wrong and before it grows.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import yaml

from tenants.agents.rules.document import look_alikes
from tenants.agents.rules.document.faults import (
    MAX_FAULTS,
    DocumentFault,
    FaultyDocument,
    Lines,
    fault,
    path_text,
)
from tenants.agents.rules.document.syntax import fault_of

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_ENTRIES = 20_000
MAX_TEXT = 4_000
MAX_DIGITS = 24

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_DECIMAL = re.compile(
    r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$|[-+]?[0-9]+[eE][-+]?[0-9]{1,3}$"
)
_NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)$|(\.nan|\.NaN|\.NAN)$")
# What no name or sentence holds, and neither PostgreSQL nor a terminal should be given.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False, "True": True, "False": False}

Location = tuple[str | int, ...]


def read(text: str | bytes) -> tuple[dict[str, Any], dict[Location, int]]:
    """Return the document's values and the line of each part, or raise FaultyDocument."""
    source = _decoded(text)
    if unreadable := _UNREADABLE.search(source):
        line = source.count("\n", 0, unreadable.start()) + 1
        raise FaultyDocument((fault("control", line=line, number=f"{ord(unreadable[0]):04X}"),))
    reader = _Reader()
    try:
        value = reader.read(yaml.parse(source, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise FaultyDocument((fault_of(error, source),)) from None
    if reader.faults:
        raise FaultyDocument(tuple(reader.faults))
    if value is None:
        raise FaultyDocument((fault("empty"),))
    if not isinstance(value, dict):
        raise FaultyDocument(
            (fault("not_a_mapping", line=1, value="…" if isinstance(value, list) else value),)
        )
    return value, reader.lines


def parsed[T](text: str | bytes, parse: Callable[[dict[str, Any], Lines], T]) -> T:
    """Return what ``parse`` makes of the values and lines of ``text``; raise FaultyDocument.

    A fault that comes from a character which only looks right is named as that.
    """
    try:
        return parse(*read(text))
    except FaultyDocument as error:
        raise FaultyDocument(_named(error.faults, text)) from None


def _named(faults: Sequence[DocumentFault], text: str | bytes) -> tuple[DocumentFault, ...]:
    if len(text) > MAX_BYTES or any(faulty.code == "not_text" for faulty in faults):
        return tuple(faults)
    source, named = _decoded(text).split("\n"), dict[tuple[str, str, int], DocumentFault]()
    for faulty in faults:
        result = look_alikes.named(faulty, source)
        # Several faults on a line may come from one character.
        place = "" if result.code in {"wide", "odd_space"} else result.path
        named.setdefault((result.code, place, result.line), result)
    return tuple(named.values())


def write(data: dict[str, Any]) -> str:
    """Return ``data`` as YAML that ``read`` gives back unchanged."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


class _Dumper(yaml.SafeDumper):
    """Puts a text into quotes where this reader, which knows other numbers than YAML's own, would not."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_plain = not any((text in _WORDS, _INTEGER.match(text), _DECIMAL.match(text), _NOT_FINITE.match(text)))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, None if is_plain else "'")


_Dumper.add_representer(str, _represent)


def plain(value: Any) -> dict[str, Any]:
    """Check data that was read elsewhere (JSON, a blueprint) by the same limits and return a clean copy.

    A binary float becomes the decimal it was written as, so 12.5 stays 12.5.
    """
    if not isinstance(value, dict):
        raise FaultyDocument((fault("not_a_mapping", value=value),))
    copy = _Copier().copy(value, ())
    assert isinstance(copy, dict)
    return copy


def _decoded(text: str | bytes) -> str:
    size = len(text) if isinstance(text, bytes) else len(text[: MAX_BYTES + 1].encode(errors="replace"))
    if isinstance(text, str) and len(text) > MAX_BYTES:
        size = len(text)
    if size > MAX_BYTES:
        raise FaultyDocument((fault("too_large", size=size, limit=MAX_BYTES),))
    try:
        return text.decode() if isinstance(text, bytes) else text.encode().decode()
    except UnicodeError:
        raise FaultyDocument((fault("not_text"),)) from None


class _Reader:
    """Builds values from YAML events with a stack of our own, so depth costs no recursion."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self.faults: list[DocumentFault] = []
        self.entries = 0

    def read(self, events: Iterator[Any]) -> Any:
        root: list[Any] = []
        stack: list[_Open] = [_Open(root, (), "")]
        documents = 0
        for event in events:
            if len(self.faults) >= MAX_FAULTS:
                raise FaultyDocument(tuple(self.faults))
            line = event.start_mark.line + 1 if event.start_mark else 0
            here = stack[-1]
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise FaultyDocument((fault("several_documents", line=line),))
            elif isinstance(event, yaml.AliasEvent):
                raise FaultyDocument(
                    (fault("anchor", path_text(here.next_location()), line, f"*{event.anchor}"),)
                )
            elif isinstance(event, yaml.ScalarEvent):
                self._refuse_extras(event, here, line)
                if here.wants_key:
                    self._take_key(event, here, line)
                else:
                    self._place(here, self._scalar(event, here, line), line)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._refuse_extras(event, here, line)
                if here.wants_key:
                    raise FaultyDocument((fault("bad_key", path_text(here.location), line),))
                if len(stack) > MAX_DEPTH:
                    raise FaultyDocument(
                        (fault("too_deep", path_text(here.next_location()), line, limit=MAX_DEPTH),)
                    )
                value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                location = here.next_location()
                self._place(here, value, line)
                stack.append(_Open(value, location, ""))
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
        return root[0] if root else None

    def _refuse_extras(self, event: Any, here: "_Open", line: int) -> None:
        if event.anchor:
            raise FaultyDocument(
                (fault("anchor", path_text(here.next_location()), line, f"&{event.anchor}"),)
            )
        if event.tag and event.tag != "!":
            raise FaultyDocument(
                (fault("tag", path_text(here.next_location()), line, event.tag, tag=event.tag),)
            )

    def _take_key(self, event: Any, here: "_Open", line: int) -> None:
        key = event.value
        if len(key) > 80:
            raise FaultyDocument((fault("too_long", path_text(here.location), line, key, limit=80),))
        if key in here.value:
            first = self.lines.get((*here.location, key), 0)
            self.faults.append(
                fault("duplicate_key", path_text((*here.location, key)), line, key, key=key, first=first)
            )
        here.key, here.wants_key = key, False

    def _place(self, here: "_Open", value: Any, line: int) -> None:
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise FaultyDocument((fault("too_many", line=line, limit=MAX_ENTRIES),))
        location = here.next_location()
        if location:
            self.lines.setdefault(location, line)
        if isinstance(here.value, dict):
            here.value.setdefault(here.key, value)
            here.wants_key = True
        else:
            here.value.append(value)

    def _scalar(self, event: Any, here: "_Open", line: int) -> Any:
        text = event.value
        path = path_text(here.next_location())
        if len(text) > MAX_TEXT:
            raise FaultyDocument((fault("too_long", path, line, text, limit=MAX_TEXT),))
        if control := _CONTROL.search(text):
            self.faults.append(fault("control", path, line, text, number=f"{ord(control[0]):04X}"))
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NOT_FINITE.match(text):
            self.faults.append(fault("not_finite", path, line, text))
            return 0
        is_integer = _INTEGER.match(text)
        if is_integer or _DECIMAL.match(text):
            if len(text) > MAX_DIGITS:
                self.faults.append(fault("too_long", path, line, text, limit=MAX_DIGITS))
                return 0
            return int(text) if is_integer else Decimal(text)
        return text


class _Open:
    """A mapping or list that is being filled. ``root`` is a list without a location."""

    __slots__ = ("key", "location", "value", "wants_key")

    def __init__(self, value: Any, location: Location, key: str) -> None:
        self.value, self.location, self.key = value, location, key
        self.wants_key = isinstance(value, dict)

    def next_location(self) -> Location:
        """Where the value that comes next will stand."""
        if isinstance(self.value, dict):
            return (*self.location, self.key)
        # The document itself is the only element of a list that has no location.
        return (*self.location, len(self.value)) if self.location else ()


class _Copier:
    """Copies plain data within the reader's limits."""

    def __init__(self) -> None:
        self.entries = 0

    def copy(self, value: Any, location: Location) -> Any:
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise FaultyDocument((fault("too_many", limit=MAX_ENTRIES),))
        if len(location) > MAX_DEPTH:
            raise FaultyDocument((fault("too_deep", path_text(location), limit=MAX_DEPTH),))
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str) or len(key) > 80:
                    raise FaultyDocument((fault("bad_key", path_text(location), value=key),))
            return {key: self.copy(part, (*location, key)) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.copy(part, (*location, index)) for index, part in enumerate(value)]
        return self._scalar(value, path_text(location))

    def _scalar(self, value: Any, path: str) -> Any:
        if isinstance(value, float):
            value = Decimal(repr(value))
        if isinstance(value, Decimal):
            if not value.is_finite():
                raise FaultyDocument((fault("not_finite", path, value=value),))
            if len(str(value)) > MAX_DIGITS:
                raise FaultyDocument((fault("too_long", path, value=value, limit=MAX_DIGITS),))
        elif isinstance(value, int):
            if value.bit_length() > 80:
                raise FaultyDocument((fault("too_long", path, limit=MAX_DIGITS),))
        elif isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise FaultyDocument((fault("too_long", path, value=value, limit=MAX_TEXT),))
            if control := _CONTROL.search(value):
                number = f"{ord(control[0]):04X}"
                raise FaultyDocument((fault("control", path, value=value, number=number),))
        elif value is not None:
            value = str(value)
        return value
