"""Roles reached, granted, lost and taken away: who is looked at when, and what is written down."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import audit, clock
from kernel.database.unit_of_work import joins_transaction
from kernel.days import first_moment, local_day
from kernel.errors import InvalidInput
from tenants.agents.earnings.models import Sale
from tenants.agents.members import services as member_services
from tenants.agents.members.models import Member
from tenants.agents.roles import selectors
from tenants.agents.rules.document.parsing import Rules, conditions
from tenants.agents.rules.document.schema import Condition
from tenants.agents.rules.people.progress import Facts, account, period_start, progress, reason
from tenants.agents.rules.people.reviews import review_roles
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.agents.rules_versions.review_days import FIRST_MEMBER
from tenants.registry.selectors import current_tenant

CHUNK = 500
"""How many holders of roles one review looks at."""
BUYING = frozenset({"own_spend", "purchases"})
SELLING = frozenset({"own_sales"})
TEAM_SELLING = frozenset({"sales_of_bound"})
BINDING = frozenset({"bound_fans", "holders_below"})
DOING = frozenset({"tasks"})
OF_SALES = BUYING | SELLING | TEAM_SELLING
METRICS, PURCHASE = "metrics", "purchase"
EVERYTHING_RETURNED = {"zh-hans": "购买的商品已全部退款", "en": "everything bought was refunded"}
EVERYTHING = DOING | BUYING | SELLING | TEAM_SELLING | BINDING


@joins_transaction
def review_sale(*, sale: Sale, rules: Rules) -> None:
    """Look at those whom a sale may have brought to a role.

    Costs no query where the rules promote by nothing that a sale changes.
    """
    if not _promoting(rules) & OF_SALES:
        return
    concerned = [(sale.buyer, BUYING), (sale.sharer, SELLING)]
    if sale.sharer and "sales_of_bound" in _promoting(rules):
        concerned.append((sale.sharer.bound_to, TEAM_SELLING))
    for member, metrics in concerned:
        if member:
            review_member(member=member, metrics=metrics, rules=rules)


@joins_transaction
def review_member(*, member: Member, metrics: frozenset[str], rules: Rules) -> None:
    """Give ``member`` the roles that they reach, as far as these depend on ``metrics``.

    Who gains a role may thereby bring a role to the one above, who is looked at in turn.
    """
    waiting = [(member, metrics)]
    while waiting:
        member, metrics = waiting.pop()
        leaves = _open_conditions(member, rules)
        if not any(leaf.metric in metrics for leaf in leaves):
            continue
        changes = progress(selectors.facts_of(member, leaves), rules)
        for change in changes:
            add_role(member=member, role=change.role, why=change.why, by=METRICS)
        if changes and member.bound_to and BINDING & _promoting(rules):
            waiting.append((member.bound_to, BINDING))


@joins_transaction
def review_refund(*, sale: Sale) -> None:
    """Take the roles that nobody would hold had this sale never been.

    A role goes if what is left of all sales reaches it neither today nor on any day since it was gained,
    under the rules of that day. What was given by hand or by joining stays. Called once the refund is
    written down.
    """
    people = {member.pk: member for member in (sale.buyer, sale.sharer) if member}
    if sale.sharer and sale.sharer.bound_to:
        people[sale.sharer.bound_to.pk] = sale.sharer.bound_to
    for _key, member in sorted(people.items()):
        causes = {fact.get("by") for fact in member.role_facts.values()}
        if not causes & {METRICS, PURCHASE}:
            continue
        # Two refunds at once would each count what the other is about to take.
        member.refresh_from_db(from_queryset=Member.objects.select_for_update())
        for role, known in list(member.role_facts.items()):
            lost = None
            if known.get("by") == METRICS:
                lost = _never_reached(member, role, datetime.fromisoformat(known["at"]))
            elif known.get("by") == PURCHASE and not selectors.has_bought(member):
                lost = EVERYTHING_RETURNED
            if lost:
                remove_role(member=member, role=role, lost=lost)


def _never_reached(member: Member, role_id: str, gained: datetime) -> Mapping[str, str] | None:
    """What is missing to a role that was reached by sales, had these never been; None if it stands."""
    rules = rules_version_selectors.rules_at(gained)
    role = rules.document.role(role_id)
    leaves = [leaf for _place, leaf in conditions(role.reach, ())] if role and role.reach else []
    if role is None or role.reach is None or not any(leaf.metric in OF_SALES for leaf in leaves):
        return None
    zone = current_tenant().zone
    first, today = local_day(gained, zone), local_day(clock.now(), zone)
    facts = selectors.facts_of_many([member], leaves, today, since=first)[member.pk]
    days = {total.on for totals in facts.totals.values() for total in totals if total.on > first}
    if any(reason(role.reach, _on(facts, day), rules) for day in {first, today, *days}):
        return None
    standing = account(role.reach, facts, rules)
    return {"zh-hans": f"退款后：{standing['zh-hans']}", "en": f"after a refund: {standing['en']}"}


def _on(facts: Facts, day: date) -> Facts:
    """The facts as they stood at the end of ``day``; who holds a role below is known for today only."""
    totals = {
        key: tuple(total._replace(on=day) for total in done) if key.startswith("holders_below") else done
        for key, done in facts.totals.items()
    }
    return replace(facts, today=day, totals=totals)


@joins_transaction
def add_role(*, member: Member, role: str, why: Mapping[str, str], by: str = "") -> None:
    """Add a role with the fact that caused it; a role already held stays as it is.

    ``by`` is METRICS or PURCHASE where a refund may take the cause back.
    """
    # Read under the lock: two orders at once may bring two roles to one person.
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    if role not in member.roles:
        member.roles = [*member.roles, role]
        member.role_facts = {
            **member.role_facts,
            role: {**member_services.role_fact(why), "by": by} if by else member_services.role_fact(why),
        }
        member.role_losses = {key: value for key, value in member.role_losses.items() if key != role}
        member.save(update_fields=["roles", "role_facts", "role_losses"])


@joins_transaction
def remove_role(*, member: Member, role: str, lost: Mapping[str, str] | None = None) -> None:
    """Remove a role; ``lost`` is the fact that cost it at a review, and is kept."""
    member.refresh_from_db(from_queryset=Member.objects.select_for_update())
    if role not in member.roles:
        return
    member.roles = [held for held in member.roles if held != role]
    member.role_facts = {key: value for key, value in member.role_facts.items() if key != role}
    if lost:
        member.role_losses = {**member.role_losses, role: member_services.role_fact(lost)}
    member.save(update_fields=["roles", "role_facts", "role_losses"])


def _promoting(rules: Rules) -> frozenset[str]:
    """The metrics that decide about any role."""
    reached_by = [role.reach for role in rules.document.roles if role.reach]
    return frozenset(
        str(leaf.metric) for condition in reached_by for _place, leaf in conditions(condition, ())
    )


def _open_conditions(member: Member, rules: Rules) -> list[Condition]:
    """The metrics that decide about roles this member does not hold."""
    leaves: list[Condition] = []
    for role in rules.document.roles:
        if role.id in member.roles or role.reach is None:
            continue
        leaves += [leaf for _place, leaf in conditions(role.reach, ())]
        if role.lost and role.id in member.role_losses:
            leaves += [leaf for _place, leaf in conditions(role.lost.needs, ())]
    return leaves


def grant_role(*, member: Member, role: str, acting_user: User | None) -> Member:
    """Give a role by hand; again changes nothing. Raises InvalidInput: unknown role, or no company."""
    _version, active = rules_version_selectors.active_rules()
    definition = active.document.role(role)
    if definition is None:
        raise InvalidInput(
            _("the rules know no such role"),
            field="role",
            value=role,
            remedy=_("choose one of: %(known)s") % {"known": ", ".join(r.id for r in active.document.roles)},
        )
    if definition.company and not member.is_company:
        raise InvalidInput(
            _("only a registered company can hold this role"),
            field="company_number",
            remedy=_("enter the company's registration number first"),
        )
    with transaction.atomic(durable=True):
        member = Member.objects.select_for_update().get(pk=member.pk)
        if role not in member.roles:
            add_role(member=member, role=role, why={"zh-hans": "由店铺授予", "en": "granted by the shop"})
            _audit("role.granted", member, acting_user, {"role": role})
            if member.bound_to:
                review_member(member=member.bound_to, metrics=BINDING, rules=active)
    return member


def revoke_role(*, member: Member, role: str, acting_user: User | None, reason: str) -> Member:
    """Take a role away by hand; again changes nothing."""
    with transaction.atomic(durable=True):
        member = Member.objects.select_for_update().get(pk=member.pk)
        if role in member.roles:
            remove_role(member=member, role=role)
            _audit("role.revoked", member, acting_user, {"role": role}, reason)
    return member


def register_company(*, member: Member, name: str, number: str, acting_user: User | None) -> Member:
    """Note the registered company behind a member, who can hold roles for companies from now on."""
    if not name.strip() or not number.strip():
        raise InvalidInput(
            _("a company needs its name and registration number"),
            field="company_number",
            remedy=_("copy both from the business licence"),
        )
    with transaction.atomic(durable=True):
        member = Member.objects.select_for_update().get(pk=member.pk)
        member.company_name, member.company_number = name.strip()[:200], number.strip()[:40]
        member.save(update_fields=["company_name", "company_number"])
        _audit("company.registered", member, acting_user, {"name": member.company_name})
        review_member(member=member, metrics=EVERYTHING, rules=rules_version_selectors.active_rules()[1])
    return member


def _audit(
    action: str, member: Member, actor: User | None, changes: Mapping[str, str], reason: str = ""
) -> None:
    audit.record(
        action,
        actor=actor or "system",
        object_type="member",
        object_id=member.pk,
        object_label=member.referral_code,
        changes=changes,
        reason=reason,
    )


@joins_transaction
def review_holders(*, rules: Rules, edge: date, after: UUID = FIRST_MEMBER) -> list[UUID]:
    """Take roles from those who no longer keep them on ``edge``; return the next CHUNK of holders looked at.

    A role gained since the edge is left alone until the next.
    """
    roles = [r for r in rules.document.roles if r.lost and period_start(r.lost.every, edge) == edge]
    leaves = [leaf for role in roles if role.lost for _place, leaf in conditions(role.lost.needs, ())]
    holders = list(
        Member.objects.filter(pk__gt=after, roles__overlap=[role.id for role in roles]).order_by("pk")[:CHUNK]
    )
    zone = current_tenant().zone
    since = first_moment(edge, zone).isoformat()
    eve = date.fromordinal(edge.toordinal() - 1)
    facts = selectors.facts_of_many(holders, leaves, eve)
    for member in holders:
        for outcome in review_roles(facts[member.pk], rules, edge):
            is_new = str(member.role_facts.get(outcome.role, {}).get("at", "")) >= since
            if not outcome.kept and not is_new:
                remove_role(member=member, role=outcome.role, lost=outcome.why)
    return [member.pk for member in holders]
