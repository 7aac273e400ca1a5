"""What rules would do, before they count: a simulation, or the shop's own orders replayed. Runs in a worker.

A preview is a job in the cache of its shop: whoever looks at the shop's rules may look at it, for an hour.
"""

import secrets
from typing import Any
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.errors import BanyanError, InvalidInput, NotFound
from kernel.money.money import format_money
from kernel.tenancy import in_tenant
from tenants.agents.members import selectors as member_selectors
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.simulation.population import Population
from tenants.agents.rules.splitting.replaying import Pair, replay
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.simulation_page import page
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant, tenant_of_schema
from tenants.shop.previews.replays import past_sales

SIMULATE, REPLAY = "simulate", "replay"
SIZES = {"small": 20_000, "middle": 100_000, "large": 1_000_000}
KEEP_SECONDS = 60 * 60
MONTHS, DAYS, SHOWN = 12, 90, 50
LONGEST = 200_000
TASK = "tenants.shop.tasks.make_preview"


def start(*, kind: str, document: str, size: str, acting_user: User) -> str:
    """Ask a worker for a preview of a document; return the job's name. Raises InvalidDocument."""
    if kind not in {SIMULATE, REPLAY} or size not in SIZES or len(document) > LONGEST:
        raise InvalidInput(_("there is no such preview"), field="kind", value=kind)
    rules_version_services.read_document(document)
    job = secrets.token_hex(16)
    request = {
        "state": "waiting",
        "kind": kind,
        "document": document,
        "size": size,
        "done": 0,
        "language": acting_user.language or translation.get_language() or "en",
    }
    cache.set(_key(job), request, KEEP_SECONDS)
    current_app.send_task(TASK, [current_tenant().schema_name, job], ignore_result=True, retry=False)
    return job


def look(job: str) -> dict[str, Any]:
    """Return the job with its state (waiting, running, done, failed) and result. Raises NotFound."""
    preview: dict[str, Any] | None = cache.get(_key(job))
    if preview is None:
        raise NotFound(_("this preview is over; ask for it again"), field="job")
    return preview


def run(schema: str, job: str) -> None:
    """Make a preview; a job that is over, or was made already, is left alone."""
    tenant = tenant_of_schema(schema)
    with in_tenant(tenant):
        request = cache.get(_key(job))
        if request is None or request["state"] in {"done", "failed"}:
            return
        make = _simulated if request["kind"] == SIMULATE else _replayed
        with translation.override(request["language"]):
            try:
                rules = rules_version_services.read_document(request["document"])
                result = make(job, request, rules, tenant)
            except BanyanError as error:
                _save(job, {**request, "state": "failed", "fault": error.text})
            else:
                _save(job, {**request, "state": "done", "result": result})


def _simulated(job: str, request: dict[str, Any], rules: Rules, tenant: Tenant) -> dict[str, Any]:
    # numpy, which only a simulation needs, would be loaded by every process that has a shop's pages.
    from tenants.agents.rules.simulation.simulating import simulate

    members = SIZES[request["size"]]
    words = page.Words(request["language"], translation.gettext)
    report = simulate(
        rules,
        Population(
            members=members,
            platform_fee_percent=tenant.platform_fee_bp / 100,
            payment_fee_percent=tenant.margin_fee_bp / 100,
        ),
        months=MONTHS,
        progress=lambda month: _save(job, {**request, "state": "running", "done": 100 * month // MONTHS}),
    )
    figures = page.figures_of(rules, report, words)
    return {
        "members": members,
        "months": MONTHS,
        "facts": page.facts_of(report, words),
        "figures": [figure._asdict() for figure in figures],
    }


def _replayed(job: str, request: dict[str, Any], rules: Rules, tenant: Tenant) -> dict[str, Any]:
    _save(job, {**request, "state": "running", "done": 10})
    result = replay(past_sales(tenant, DAYS), rules)
    names = member_selectors.member_names(UUID(key) for key in {*result.incomes, *result.savings} if key)

    def row(label: str, pair: Pair) -> dict[str, Any]:
        return {
            "label": label,
            "before": format_money(pair.before, tenant.currency),
            "after": format_money(pair.after, tenant.currency),
            "change": format_money(pair.change, tenant.currency),
            "sign": (pair.change > 0) - (pair.change < 0),
        }

    def people(pairs: list[tuple[str, Pair]]) -> list[dict[str, Any]]:
        return [row(names.get(UUID(key), "–"), pair) for key, pair in pairs[:SHOWN]]

    saved = Pair(
        sum(pair.before for pair in result.savings.values()),
        sum(pair.after for pair in result.savings.values()),
    )
    earned = Pair(
        sum(pair.before for pair in result.incomes.values()),
        sum(pair.after for pair in result.incomes.values()),
    )
    gainers, losers = result.gainers(), result.losers()
    return {
        "orders": result.orders,
        "days": DAYS,
        "totals": [
            row(_("goods paid"), result.goods),
            row(_("left to the shop"), result.shop),
            row(_("earned by members"), earned),
            row(_("saved at the till"), saved),
        ],
        "gain": len(gainers),
        "lose": len(losers),
        "gainers": people(gainers),
        "losers": people(losers),
    }


def _save(job: str, state: dict[str, Any]) -> None:
    cache.set(_key(job), state, KEEP_SECONDS)


def _key(job: str) -> str:
    return f"rules-preview:{job[:32]}"
