"""Blueprints: the document a shop is made from, and the sections that other domains add to it.

A blueprint is YAML. This module knows the model Blueprint; every other key is a section that a domain
registered, checked by that domain's model and applied by it inside the spawning transaction.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from accounts.models import User
from billing.payments import limits
from billing.payments.gateway import GATEWAYS
from billing.plans.selectors import BY_AGREEMENT
from kernel.errors import BanyanError, InvalidDocument, InvalidInput
from kernel.money.amounts import BASIS_POINTS
from kernel.texts.languages import LANGUAGES
from tenants.registry.models import Tenant

MAX_CHARACTERS = 200_000
Path = tuple[str | int, ...]
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HOST = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+"
_EMAIL = r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]+"


@dataclass(frozen=True, slots=True)
class SpawnContext:
    """What a section may want to know of the spawning it is part of."""

    owner: User | None


Apply = Callable[[Tenant, Any, SpawnContext], None]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a blueprint that another domain checks and applies."""

    name: str
    model: type[BaseModel]
    apply: Apply
    required: bool


_sections: dict[str, Section] = {}


def register_section(name: str, *, model: type[BaseModel], apply: Apply, required: bool = False) -> None:
    """Let ``apply`` handle the key ``name`` of blueprints; call it from ``AppConfig.ready``.

    ``apply`` runs inside the spawning transaction and inside the new tenant's schema; what it raises as
    BanyanError undoes the whole spawning and is reported at the line of its field.
    """
    _sections[name] = Section(name, model, apply, required)


class Owner(BaseModel):
    """The person who runs the shop; without a password they sign in by mailed code."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    email: str = Field(max_length=254)
    name: str = Field(default="", max_length=120)
    password: str | None = Field(default=None, min_length=8, max_length=200, repr=False)

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not re.fullmatch(_EMAIL, value):
            raise ValueError(gettext("this is no e-mail address"))
        return value.lower()


class Blueprint(BaseModel):
    """The registry's own keys; others are sections."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    name: dict[str, str]
    host: str = Field(max_length=253)
    currency: str = "CNY"
    locale: str = "zh-hans"
    timezone: str = "Asia/Shanghai"
    preset: str = Field(default="", max_length=40, pattern=r"^[a-z0-9-]*$")
    gateway: Literal["", "stripe", "wechat"] = Field(default="", validate_default=True)
    plan: str = Field(default=BY_AGREEMENT, max_length=40, pattern=r"^[a-z0-9-]+$")
    platform_fee_percent: Decimal | None = Field(
        default=None, ge=0, le=50, max_digits=4, decimal_places=2, description="instead of the plan's"
    )
    owner: Owner

    @field_validator("name")
    @classmethod
    def _has_a_language(cls, value: dict[str, str]) -> dict[str, str]:
        if not value or set(value) - set(LANGUAGES) or not all(text.strip() for text in value.values()):
            raise ValueError(gettext("write it as {zh-hans: …, en: …}, at least one of the two"))
        if any(len(text) > 80 for text in value.values()):
            raise ValueError(gettext("a name has at most 80 characters"))
        return value

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, value: str) -> str:
        if not re.fullmatch(_HOST, value) or value == settings.PLATFORM_HOST:
            raise ValueError(
                "this is no host name for a shop, write for example shop.example.com, in lower case"
            )
        return value

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, value: str) -> str:
        if not any(limits.of(value, gateway) for gateway in GATEWAYS):
            raise ValueError(gettext("no shop can be paid in this currency, write for example CNY"))
        return value

    @field_validator("gateway")
    @classmethod
    def _takes_the_currency(cls, value: str, info: ValidationInfo) -> str:
        # Without it the currency was refused already.
        if "currency" in info.data:
            try:
                limits.require_currency(info.data["currency"], value)
            except InvalidInput as error:
                raise ValueError(error.text) from None
        return value

    @field_validator("gateway")
    @classmethod
    def _has_keys(cls, value: str) -> str:
        if value and value not in settings.PAYMENT_GATEWAYS:
            raise ValueError(
                gettext("this way to pay is not set up here, choose one of %(known)s")
                % {"known": ", ".join(settings.PAYMENT_GATEWAYS)}
            )
        return value

    @field_validator("locale")
    @classmethod
    def _is_a_language(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(gettext("choose one of %(known)s") % {"known": ", ".join(LANGUAGES)})
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError):
            raise ValueError(gettext("this is no time zone, write for example Asia/Shanghai")) from None
        return value

    @property
    def platform_fee_bp(self) -> int | None:
        """The fee agreed instead of the plan's, in basis points."""
        percent = self.platform_fee_percent
        return None if percent is None else int(percent * BASIS_POINTS / 100)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A blueprint without faults, its sections, and where each key stands."""

    blueprint: Blueprint
    sections: tuple[tuple[Section, BaseModel], ...]
    digest: str
    lines: Mapping[Path, int]

    def located(self, section: str, error: BanyanError) -> InvalidDocument:
        """Turn what a section raised into faults that name the field and line of this document."""
        faults = error.faults if isinstance(error, InvalidDocument) else [error]
        for fault in faults:
            path = (section, *_steps(fault.field))
            fault.line = _line_of(path, self.lines)
            fault.field = ".".join(str(step) for step in path)
        return InvalidDocument(_("the blueprint cannot be applied"), list(faults))


def parse(document: str) -> Parsed:
    """Check a document whole and return it. Raises InvalidDocument naming every fault and its line."""
    values, lines = _read(document)
    faults: list[BanyanError] = []
    blueprint = _check(Blueprint, values, (), lines, faults)
    known = {*Blueprint.model_fields, *_sections}
    faults += [_unknown(str(key), known, lines) for key in values if key not in known]
    filled_in = dict(values)
    if "rules" in _sections and "rules" not in filled_in and filled_in.get("preset"):
        filled_in["rules"] = {"preset": filled_in["preset"]}
    sections = []
    for name, section in _sections.items():
        if name in filled_in:
            checked = _check(section.model, filled_in[name], (name,), lines, faults)
            if checked is not None:
                sections.append((section, checked))
        elif section.required:
            faults.append(_fault(_("this section is missing"), (name,), None, _("add it"), lines))
    if faults or blueprint is None:
        faults.sort(key=lambda fault: fault.line or 0)
        raise InvalidDocument(_("the blueprint has faults"), faults)
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
    return Parsed(blueprint, tuple(sections), digest, lines)


def _read(document: str) -> tuple[dict[str, Any], dict[Path, int]]:
    if len(document) > MAX_CHARACTERS:
        raise _unreadable(_("the blueprint is too long"), None, _("leave out what does not belong to it"))
    lines: dict[Path, int] = {}
    loader = Loader(document)
    try:
        node = loader.get_single_node()
        # An alias can make a small document huge; nobody needs one here.
        if node is None or not isinstance(node, yaml.MappingNode):
            raise _unreadable(
                _("a blueprint is a list of keys and values"), 1, _("begin with name: and host:")
            )
        _locate(node, (), lines, seen=set())
        values: dict[str, Any] = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise _unreadable(
            _("this is not YAML: %(problem)s") % {"problem": error.problem or error.context},
            line,
            _("check indentation, quotes and colons of this line"),
        ) from None
    except yaml.YAMLError as error:
        raise _unreadable(
            _("this is not YAML: %(problem)s") % {"problem": error}, None, _("write plain text")
        ) from None
    finally:
        loader.dispose()
    return values, lines


def _locate(node: Any, path: Path, lines: dict[Path, int], seen: set[int]) -> None:
    """Note the line of every key and item; refuse aliases and keys that stand twice."""
    lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        raise _unreadable(_("anchors and aliases are not allowed"), lines[path], _("write the value out"))
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            step = (*path, str(key.value))
            if step in lines:
                raise _unreadable(
                    _("the key %(key)s stands here twice") % {"key": key.value},
                    key.start_mark.line + 1,
                    _("remove one of the two"),
                )
            lines[step] = key.start_mark.line + 1
            _locate(value, step, lines, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _locate(item, (*path, number), lines, seen)


def _check[M: BaseModel](
    model: type[M], value: Any, path: Path, lines: dict[Path, int], faults: list[BanyanError]
) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            steps = (*path, *(step for step in item["loc"] if not _is_branch(step)))
            cause = item.get("ctx", {}).get("error")
            said = str(cause) if isinstance(cause, ValueError) else _sentence(item["type"], item["msg"])
            faults.append(_fault(said, steps, item["input"], _remedy(item["type"]), lines))
    except InvalidDocument as error:
        for fault in error.faults:
            steps = (*path, *_steps(fault.field))
            faults.append(_fault(fault.message, steps, fault.value, fault.remedy, lines))
    except BanyanError as error:
        steps = (*path, *_steps(error.field))
        faults.append(_fault(error.message, steps, error.value, error.remedy, lines))
    return None


def _is_branch(step: str | int) -> bool:
    """True for what pydantic adds to a place to name the branch of a union, e.g. "function-after[…]"."""
    return isinstance(step, str) and ("[" in step or step[:1].isupper())


def _sentence(kind: str, otherwise: str) -> Any:
    """Return pydantic's commonest findings in the reader's language."""
    if kind == "missing":
        return _("this key is missing")
    if kind == "extra_forbidden":
        return _("nobody knows this key")
    if kind in {"string_type", "dict_type", "list_type", "model_type", "int_type", "bool_type"}:
        return _("this is not the kind of value that belongs here")
    return otherwise


def _remedy(kind: str) -> Any:
    if kind == "missing":
        return _("add this key")
    if kind == "extra_forbidden":
        return _("remove it, or correct its spelling")
    if kind.endswith("_type"):
        return _("write another kind of value; put texts into quotes")
    return _("correct the value")


def _unknown(key: str, known: set[str], lines: dict[Path, int]) -> BanyanError:
    near = difflib.get_close_matches(key, known, n=1)
    remedy: Any = _("remove it")
    if near:
        remedy = _("did you mean %(key)s?") % {"key": near[0]}
    return _fault(_("nobody knows this key"), (key,), None, remedy, lines)


def _fault(message: Any, path: Path, value: Any, remedy: Any, lines: Mapping[Path, int]) -> BanyanError:
    name = ".".join(str(step) for step in path)
    shown = value if isinstance(value, str | int | float) and "password" not in name else None
    return InvalidInput(message, field=name, value=shown, remedy=remedy, line=_line_of(path, lines))


def _line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Return the line of the nearest key above that the document has."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def _steps(field: str) -> Path:
    words = field.replace("[", ".").replace("]", "").split(".")
    return tuple(int(word) if word.isdigit() else word for word in words if word)


def _unreadable(message: Any, line: int | None, remedy: Any) -> InvalidDocument:
    return InvalidDocument(
        _("the blueprint cannot be read"),
        [InvalidInput(message, field="document", remedy=remedy, line=line)],
    )
