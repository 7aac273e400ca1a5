"""Writes: a tenant comes to be, and a tenant goes."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from billing.payouts.open_money import open_money
from billing.plans.subscriptions import services as subscription_services
from kernel import audit, clock
from kernel.errors import BanyanError, Conflict
from kernel.events import outbox
from kernel.tenancy import in_public, in_tenant
from kernel.texts.translated import pick
from tenants.registry import blueprints, export, schemas, tasks
from tenants.registry.blueprints import Blueprint, Parsed, SpawnContext
from tenants.registry.models import Domain, Tenant
from tenants.registry.selectors import forget_tenant


@dataclass(frozen=True, slots=True)
class SpawnResult:
    """A live shop; ``created`` is False if it stood already, ``milliseconds`` is the time it took."""

    tenant: Tenant
    created: bool
    milliseconds: float


def spawn(*, document: str, acting_user: Any) -> SpawnResult:
    """Make a live shop from a blueprint, or find the one that this very blueprint made before.

    Raises InvalidDocument (every fault with field, line and remedy) and Conflict (the host belongs to
    a shop made from another blueprint, or to one that retired under it); both leave nothing behind.
    """
    started = time.perf_counter()
    parsed = blueprints.parse(document)
    with in_public():
        tenant = _standing(parsed)
        created = tenant is None
        if tenant is None:
            schemas.ensure_script()
            try:
                tenant = _make(parsed, acting_user)
            except IntegrityError:
                # Somebody took the host while we worked: same blueprint, same shop; else they won.
                tenant = _standing(parsed)
                created = False
                if tenant is None:
                    raise
    if created:
        tasks.ask_for_refill()
    return SpawnResult(tenant, created, (time.perf_counter() - started) * 1000)


def retire(*, tenant: Tenant, export_to: Path, acting_user: Any) -> Path:
    """Close a shop for good: free its hosts, write its data to a zip in ``export_to``, drop its schema.

    Returns the zip's path. Money stays in the ledger. If it breaks off on the way, run it again: the
    schema is dropped only in the transaction that read it, after the zip is safely written. Raises Conflict
    while money of the shop is on its way or belongs to its members: nobody could ask for it afterwards.
    """
    with in_public():
        with transaction.atomic(durable=True):
            row = Tenant.objects.select_for_update().get(pk=tenant.pk)
            if not export.schema_exists(row.schema_name):
                raise Conflict(_("this tenant has retired already"), field="tenant", value=row.schema_name)
            if row.state != Tenant.State.RETIRED and (left := open_money(row.pk)):
                raise Conflict(
                    _("money of this shop is still open: %(what)s")
                    % {"what": "; ".join(str(text) for text in left)},
                    field="tenant",
                    value=row.schema_name,
                    remedy=_("let it be paid, refunded or withdrawn first"),
                    code="unsettled",
                )
            hosts = sorted(row.domains.values_list("domain", flat=True))
            row.domains.all().delete()
            row.state, row.retired_at = Tenant.State.RETIRED, row.retired_at or clock.now()
            Tenant.objects.filter(pk=row.pk).update(state=row.state, retired_at=row.retired_at)
            audit.record_on(
                row,
                "tenant.retired",
                actor=acting_user,
                label=pick(row.name),
                changes={"hosts": hosts},
                schema=row.schema_name,
            )
            outbox.emit("tenant.retired", {"tenant_id": str(row.pk)}, schema=row.schema_name)
        forget_tenant(tenant)
        with transaction.atomic(durable=True):
            archive = export.write_archive(tenant=row, hosts=hosts, folder=export_to)
            schemas.drop_schema(row.schema_name)
    return archive


def _standing(parsed: Parsed) -> Tenant | None:
    """Return the shop this blueprint made, None if the host is free. Raises Conflict if it is another's."""
    host = parsed.blueprint.host
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        return None
    tenant: Tenant = domain.tenant
    if tenant.blueprint_hash == parsed.digest:
        return tenant
    raise Conflict(
        _("this host belongs to a shop that was made from another blueprint"),
        field="host",
        value=host,
        line=parsed.lines.get(("host",)),
        remedy=_("choose another host, change that shop in its console, or retire it first"),
    )


def _make(parsed: Parsed, acting_user: Any) -> Tenant:
    blueprint = parsed.blueprint
    with transaction.atomic(durable=True):
        tenant = Tenant(
            schema_name=schemas.claim(),
            name=blueprint.name,
            preset=blueprint.preset,
            locale=blueprint.locale,
            currency=blueprint.currency,
            timezone=blueprint.timezone,
            gateway=blueprint.gateway,
            blueprint_hash=parsed.digest,
            fingerprint=schemas.fingerprint(),
        )
        # Not save(): that asks the catalog about a name that cannot exist, and may run DDL.
        Tenant.objects.bulk_create([tenant])
        Domain.objects.bulk_create([Domain(tenant=tenant, domain=blueprint.host, is_primary=True)])
        subscription_services.begin(tenant=tenant, plan_code=blueprint.plan, fee_bp=blueprint.platform_fee_bp)
        with in_tenant(tenant):
            owner = _make_owner(blueprint)
            context = SpawnContext(owner=owner)
            for section, value in parsed.sections:
                try:
                    section.apply(tenant, value, context)
                except BanyanError as error:
                    raise parsed.located(section.name, error) from error
        audit.record_on(
            tenant,
            "tenant.spawned",
            actor=acting_user,
            label=pick(blueprint.name),
            changes={"host": blueprint.host, "blueprint": parsed.digest},
            schema=tenant.schema_name,
        )
        outbox.emit("tenant.spawned", {"tenant_id": str(tenant.pk)}, schema=tenant.schema_name)
    return tenant


def _make_owner(blueprint: Blueprint) -> User:
    owner = blueprint.owner
    return User.objects.create_user(
        owner.email, owner.password, name=owner.name, role=roles.OWNER, language=blueprint.locale
    )
