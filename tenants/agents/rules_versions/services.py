"""Switching a rules document on: parsed, linted, signed where it must be, then kept for good."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import audit, clock
from kernel.database.unit_of_work import joins_transaction, lock_name
from kernel.days import first_moment
from kernel.errors import BanyanError, Conflict, InvalidDocument, InvalidInput
from kernel.tenancy import current_schema
from kernel.texts.translated import pick
from tenants.agents.rules.document import faults, parsing
from tenants.agents.rules.document.faults import path_text
from tenants.agents.rules.document.parsing import Rules, amounts_of
from tenants.agents.rules.linting.findings import LintFinding
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules_versions import review_days
from tenants.agents.rules_versions.models import RulesVersion
from tenants.registry.selectors import current_tenant

pick_lazy = lazy(pick, str)


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who of the central team takes responsibility for findings that need a signature, and why."""

    by: str
    reason: str


# A spawning reads its document when it is checked and again when it is applied, and presets come back
# with every shop. What is parsed never changes, so texts that were read can be kept.
_read_text = lru_cache(maxsize=64)(parsing.parse)


def read_document(document: str | Mapping[str, Any]) -> Rules:
    """Parse a rules document; raise InvalidDocument whose faults carry field, value, line and remedy."""
    try:
        return _read_text(document) if isinstance(document, str) else parsing.parse(document)
    except faults.FaultyDocument as error:
        raise InvalidDocument(
            _("the rules cannot be read"),
            [
                InvalidInput(
                    pick_lazy(fault.message),
                    field=fault.path,
                    value=fault.value,
                    remedy=pick_lazy(fault.remedy),
                    line=fault.line or None,
                    code=fault.code,
                )
                for fault in error.faults
            ],
        ) from None


def check_document(document: str | Mapping[str, Any]) -> tuple[Rules, tuple[LintFinding, ...]]:
    """Parse and lint; raise InvalidDocument if it cannot be read or must be refused. Writes nothing."""
    parsed = read_document(document)
    findings = lint(parsed)
    if refused := [finding for finding in findings if finding.severity == "refuse"]:
        raise InvalidDocument(
            _("these rules cannot be switched on"), [_as_error(finding) for finding in refused]
        )
    return parsed, findings


def activate_rules(
    *,
    document: str | Mapping[str, Any],
    acting_user: User | None,
    sign_off: SignOff | None = None,
) -> RulesVersion:
    """Switch a document on as the next version; what is already in force is returned as it is.

    Raises InvalidDocument when it cannot be read or the linter refuses it, and Conflict with code
    ``needs_sign_off`` when a finding needs a name of the central team that neither ``sign_off`` nor the
    version in force (for the very same finding) gives.
    """
    with transaction.atomic(durable=True):
        return add_version(document=document, acting_user=acting_user, sign_off=sign_off)


@joins_transaction
def add_version(
    *,
    document: str | Mapping[str, Any],
    acting_user: User | None,
    sign_off: SignOff | None = None,
) -> RulesVersion:
    """As ``activate_rules``, within the command that calls it."""
    if sign_off and not (sign_off.by.strip() and sign_off.reason.strip()):
        raise InvalidInput(
            _("a signature needs a name and a reason"),
            field="sign_off",
            remedy=_("say who of the central team signs, and why"),
        )
    parsed, findings = check_document(document)
    _check_currency(parsed)
    data = parsed.as_json()
    digest = hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    lock_name(f"{current_schema()}:rules")
    last = RulesVersion.objects.order_by("-number").first()
    if last and last.digest == digest:
        return last
    signed = _signed(findings, parsed, last, sign_off)
    version = RulesVersion.objects.create(
        number=last.number + 1 if last else 1,
        document=data,
        source=document if isinstance(document, str) else parsed.as_yaml(),
        digest=digest,
        findings=[finding.as_dict() for finding in findings],
        signed_off=signed,
        effective_from=_beginning(parsed),
        activated_by=acting_user.pk if acting_user else None,
        activated_at=clock.now(),
    )
    review_days.schedule_reviews(version=version, rules=parsed)
    audit.record(
        "rules.activated",
        # Who signs from outside the shop has no account in it: the log names them all the same.
        actor=acting_user or (sign_off.by if sign_off else "blueprint"),
        object_type="rules",
        object_id=version.number,
        changes={"digest": digest, "signed_off": signed},
        reason=sign_off.reason if sign_off else "",
    )
    return version


def _check_currency(parsed: Rules) -> None:
    """Amounts of another currency than the shop's would be taken for the shop's own."""
    written, own = parsed.document.currency, current_tenant().currency
    first = next(amounts_of(parsed.document), None)
    if written != own and first is not None:
        fault = InvalidInput(
            _("the amounts are in %(written)s, but the shop sells in %(own)s")
            % {"written": written, "own": own},
            field=path_text(first[0]),
            value=f"{first[1]:f} {written}",
            remedy=_("write currency: %(own)s and amounts that fit it") % {"own": own},
            code="currency",
        )
        raise InvalidDocument(_("these rules cannot be switched on"), [fault])


def _beginning(parsed: Rules) -> datetime:
    """The moment from which the document counts: now, or the first moment of its day where the shop is."""
    now, day = clock.now(), parsed.document.effective_from
    if day is None:
        return now
    return max(now, first_moment(day, current_tenant().zone))


def unsigned_findings(
    findings: Sequence[LintFinding], parsed: Rules, last: RulesVersion | None
) -> list[LintFinding]:
    """Return those that need a signature which the last version does not have for the very same rules."""
    earlier = {entry["mark"] for entry in (last.signed_off if last else [])}
    return [f for f in findings if f.severity == "sign_off" and _mark(f, parsed) not in earlier]


def _signed(
    findings: tuple[LintFinding, ...], parsed: Rules, last: RulesVersion | None, sign_off: SignOff | None
) -> list[dict[str, str]]:
    """Return who signed each finding that needs it, or raise Conflict naming those that nobody signed."""
    earlier = {entry["mark"]: entry for entry in (last.signed_off if last else [])}
    signed, missing = [], []
    for finding in findings:
        if finding.severity != "sign_off":
            continue
        mark = _mark(finding, parsed)
        if mark in earlier:
            signed.append(earlier[mark])
        elif sign_off:
            signed.append(
                {
                    "finding": finding.code,
                    "path": finding.path,
                    "mark": mark,
                    "by": sign_off.by,
                    "reason": sign_off.reason,
                    "at": clock.now().isoformat(),
                }
            )
        else:
            missing.append(finding)
    if missing:
        raise Conflict(
            _("the central team has to sign these rules off first"),
            remedy=pick_lazy(missing[0].remedy),
            field=missing[0].path,
            line=missing[0].line or None,
            code="needs_sign_off",
            findings=[finding.as_dict() for finding in missing],
        )
    return signed


def _mark(finding: LintFinding, parsed: Rules) -> str:
    """What a signature covers: the finding, and all that pays or promotes. Another rate, another mark."""
    document = parsed.as_json()
    covered = {part: document.get(part) for part in ("earn", "roles", "join", "limits")}
    text = json.dumps([finding.code, finding.path, covered], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _as_error(finding: LintFinding) -> BanyanError:
    return InvalidInput(
        pick_lazy(finding.message),
        field=finding.path,
        remedy=pick_lazy(finding.remedy),
        line=finding.line or None,
        code=finding.code,
        article=finding.article,
        patch=finding.as_dict()["patch"],
    )
