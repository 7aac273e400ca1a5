"""What the database refuses, as errors that a person can act on.

A trigger refuses with SQLSTATE BN001, a key as its message and its values as JSON in DETAIL:

    RAISE EXCEPTION 'ledger.balance_too_small' USING ERRCODE = 'BN001', DETAIL = '{"missing": 5}';

A constraint refuses by its name. Each app says in ``REFUSALS`` of its ``refusals.py`` what its keys and its
constraints mean, and ``kernel.database`` raises it; a constraint without words of its own has those of its
kind. BN002 is a function's own way to undo a block: the function that raised it, or that caused the trigger,
catches it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db.utils import DatabaseError
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _

from kernel.errors import BanyanError, Conflict, InvalidInput, Text

OWN_CLASS = "BN"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one refusal means. ``message`` and ``remedy`` may name values of DETAIL as %(name)s.

    ``kind`` is the error that is raised; ``details`` names the values of DETAIL that programs get.
    """

    message: Text
    remedy: Text = ""
    kind: type[BanyanError] = Conflict
    field: str = ""
    details: tuple[str, ...] = ()


class RefusedByDatabase(BanyanError):
    """Every error that a refusal of the database becomes is also this; it is raised with a class of ``kind``.

    ``key`` names the rule: what a trigger raised, or the constraint ("" for values the columns cannot hold).
    """

    key = ""


explained: dict[str, Refusal] = {}
"""What is registered, by key of a trigger or name of a constraint."""
_LOOK = _("look again: somebody may have been quicker")
_TOO_LARGE = Refusal(_("a value is too long or too large"), kind=InvalidInput)
BY_STATE = {
    "23505": Refusal(_("this is there already"), remedy=_LOOK),
    "23503": Refusal(_("something that belongs to this is gone, or still needs it"), remedy=_LOOK),
    "23514": Refusal(
        _("these values do not go together, or no longer do"), remedy=_("look again, then change them")
    ),
    "23502": Refusal(_("a value is missing"), kind=InvalidInput),
    "22001": _TOO_LARGE,
    "22003": _TOO_LARGE,
    "22008": _TOO_LARGE,
    OWN_CLASS: Refusal(_("the rules do not allow this"), remedy=_LOOK),
}


def register(refusals: Mapping[str, Refusal]) -> None:
    """Say what keys of triggers and names of constraints mean."""
    if twice := explained.keys() & refusals.keys():
        raise RuntimeError(f"explained twice: {', '.join(sorted(twice))}")
    explained.update(refusals)


def register_apps() -> None:
    """Register the ``REFUSALS`` of every app that has a module ``refusals``."""
    for app in apps.get_app_configs():
        if app.module and module_has_submodule(app.module, "refusals"):
            register(import_module(f"{app.name}.refusals").REFUSALS)


def refusal_of(error: DatabaseError) -> DatabaseError | None:
    """Return what the database meant by ``error``, as an error of both kinds; None if it refused nothing.

    Deadlocks, timeouts, lost connections and wrong SQL are no refusals: nobody asked for something wrong.
    """
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or ""
    diagnosis = getattr(cause, "diag", None)
    if diagnosis is None:
        return None
    values: dict[str, Any] = {}
    if state.startswith(OWN_CLASS):
        key = diagnosis.message_primary or ""
        values = json.loads(diagnosis.message_detail or "{}")
        refusal = explained.get(key, BY_STATE[OWN_CLASS])
    else:
        key = diagnosis.constraint_name or ""
        if state not in BY_STATE:
            return None
        refusal = explained.get(key, BY_STATE[state])
    bases = (RefusedByDatabase, refusal.kind, type(error))
    raised: Any = type(refusal.kind.__name__, bases, {"__doc__": refusal.kind.__doc__})(
        _filled(refusal.message, values),
        remedy=_filled(refusal.remedy, values),
        field=refusal.field,
        value=values.get(refusal.field),
        **{name: values[name] for name in refusal.details},
    )
    raised.key, raised.__cause__ = key, cause
    refused: DatabaseError = raised
    return refused


def _filled(text: Text, values: Mapping[str, Any]) -> Text:
    return str(text) % values if values and "%(" in str(text) else text
