"""What takes a product off sale: charters, complaints, calling back, delisting. Nothing here puts one on."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from kernel import audit
from kernel.database.unit_of_work import lock_name
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import outbox
from kernel.models import NO_ONE
from kernel.money.money import format_money
from kernel.texts.translated import pick
from selection import sources
from selection.admission.models import Charter, Complaint, Ruling
from selection.admission.transitions import may_follow

COMPLAINTS = 10
"""Complaints that call a product back where no charter says another number."""


def adopt_charter(
    *,
    tenant_id: UUID = NO_ONE,
    reason: str,
    acting_user: Any,
    panel_size: int = 3,
    panel_points: int = 60,
    jury_size: int = 3,
    jury_points: int = 60,
    want_percent: int = 50,
    complaints: int = COMPLAINTS,
) -> Charter:
    """From this moment only what passed is on sale, in one shop or the whole network; for good.

    What is on sale now stays, and is listed in it. The numbers are the least that a round of the scope may
    ask for. Raises Conflict if there is a charter already.
    """
    with transaction.atomic(durable=True):
        lock_name(f"charter {tenant_id}")
        if Charter.objects.filter(tenant_id=tenant_id).exists():
            raise Conflict(_("there is a charter already, and it is for good"), field="tenant")
        # Asked before the charter is there: afterwards nothing would be on sale any more.
        listed = None if tenant_id == NO_ONE else list(sources.on_sale(tenant_id))
        charter = Charter(
            tenant_id=tenant_id,
            panel_size=panel_size,
            panel_points=panel_points,
            jury_size=jury_size,
            jury_points=jury_points,
            want_percent=want_percent,
            complaints=complaints,
            reason=reason.strip()[:500],
            adopted_by=str(acting_user)[:200],
        )
        charter.save(force_insert=True)
        _list_what_stays(charter, listed)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS selection_charter_applies IMMEDIATE")
            cursor.execute("SET CONSTRAINTS selection_charter_applies DEFERRED")
        audit.record_on(
            charter,
            "charter.adopted",
            actor=acting_user,
            label=sources.shop_name(tenant_id),
            changes={"stays": charter.products.count()},
            reason=reason,
            schema=None if tenant_id == NO_ONE else sources.schema_of(tenant_id),
        )
    return charter


def _list_what_stays(charter: Charter, listed: list[UUID] | None) -> None:
    chosen, values = "TRUE", list[Any]([charter.pk, charter.tenant_id])
    if listed is not None:
        chosen, values = "p.id = ANY(%s)", [*values, listed]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.selection_charterproduct (charter_id, product_id) "  # noqa: S608 - two constants
            "SELECT %s, p.id FROM public.catalog_product p"
            " JOIN public.catalog_supplier s ON s.id = p.supplier_id AND s.is_active"
            f" WHERE p.status = 'active' AND public.catalog_is_admitted(p, %s) AND {chosen}",
            values,
        )


def file_complaint(
    *,
    product_id: UUID,
    tenant_id: UUID,
    order_id: UUID,
    kind: str,
    text: str,
    acting_user: Any,
) -> Complaint:
    """Keep what the buyer ``acting_user`` has against a product, one a person; enough call it back.

    The caller has made sure that the person bought it. Raises InvalidInput for no text or an unknown kind,
    NotFound for an unknown product, Conflict for a second complaint of the same person.
    """
    if kind not in Complaint.Kind.values or not text.strip():
        raise InvalidInput(_("say what is wrong with it"), field="text", value=kind)
    with transaction.atomic(durable=True):
        product = Product.objects.select_for_update().filter(id=product_id).first()
        if product is None:
            raise NotFound(_("there is no such product"), field="product", value=product_id)
        if Complaint.objects.filter(product=product, tenant_id=tenant_id, user_id=acting_user.pk).exists():
            raise Conflict(_("you have complained about this product already"), field="product")
        complaint = Complaint.objects.create(
            product=product, tenant_id=tenant_id, user_id=acting_user.pk, order_id=order_id, kind=kind,
            text=text.strip()[:1000],
        )  # fmt: skip
        audit.record_on(
            product,
            "product.complained",
            actor=acting_user,
            label=pick(product.title),
            changes={"kind": kind},
            reason=complaint.text,
        )
        limits = dict(
            Charter.objects.filter(tenant_id__in={NO_ONE, tenant_id}).values_list("tenant_id", "complaints")
        )
        # Counted since the last decision: what a jury has judged does not call it back again.
        if tenant_id in limits and _count(product, tenant_id) >= limits[tenant_id]:
            _recall_if_on_sale(product, tenant_id)
        if _count(product, NO_ONE) >= limits.get(NO_ONE, COMPLAINTS):
            _recall_if_on_sale(product, NO_ONE)
    return complaint


def recall_product(*, product_id: UUID, tenant_id: UUID = NO_ONE, reason: str, acting_user: Any) -> Ruling:
    """Take a product off sale until a jury has decided. Raises Conflict if it is not on sale there."""
    with transaction.atomic(durable=True):
        return _rule(Ruling.Kind.RECALLED, product_id, tenant_id, reason, acting_user)


def delist_product(*, product_id: UUID, tenant_id: UUID = NO_ONE, reason: str, acting_user: Any) -> Ruling:
    """Take a product off sale for good; its selling point is free again."""
    with transaction.atomic(durable=True):
        return _rule(Ruling.Kind.DELISTED, product_id, tenant_id, reason, acting_user)


def declare_counterfeit(
    *, product_id: UUID, penalty: int, currency: str, reason: str, acting_user: Any
) -> Ruling:
    """Delist a counterfeit at once and everywhere, hold what its supplier is owed, and charge the penalty.

    ``penalty`` is minor units, zero for none. Billing learns of it by the event ``product.counterfeit``.
    What was delisted before can still turn out to be one; a second time is a Conflict.
    """
    if penalty < 0:
        raise InvalidInput(_("a penalty is not negative"), field="penalty", value=penalty)
    with transaction.atomic(durable=True):
        ruling = _rule(Ruling.Kind.DELISTED, product_id, NO_ONE, reason, acting_user, penalty)
        product = ruling.product
        outbox.emit(
            "product.counterfeit",
            {
                "ruling_id": str(ruling.pk),
                "product_id": str(product.pk),
                "supplier_id": str(product.supplier_id),
                "penalty": penalty,
                "currency": currency,
                "title": pick(product.title),
                "reason": reason,
                "by": str(acting_user),
            },
        )
        audit.record_on(
            product,
            "product.counterfeit",
            actor=acting_user,
            label=pick(product.title),
            changes={"penalty": format_money(penalty, currency)},
            reason=reason,
        )
    return ruling


def _count(product: Product, tenant_id: UUID) -> int:
    latest = product.rulings.filter(tenant_id=tenant_id).order_by("-number").first()
    complaints = product.complaints.filter(at__gt=latest.at) if latest else product.complaints
    return complaints.count() if tenant_id == NO_ONE else complaints.filter(tenant_id=tenant_id).count()


def _recall_if_on_sale(product: Product, tenant_id: UUID) -> None:
    latest = product.rulings.filter(tenant_id=tenant_id).order_by("-number").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.selection_admits(%s, %s)", [product.pk, tenant_id])
        admitted = cursor.fetchone()[0]
    if admitted and may_follow(latest.kind if latest else None, Ruling.Kind.RECALLED):
        _rule(
            Ruling.Kind.RECALLED,
            product.pk,
            tenant_id,
            str(_("as many complaints as call a product back")),
            "",
        )


def _rule(
    kind: str,
    product_id: UUID,
    tenant_id: UUID,
    reason: str,
    acting_user: Any,
    penalty: int | None = None,
) -> Ruling:
    product = Product.objects.filter(id=product_id).select_related("supplier").first()
    if product is None:
        raise NotFound(_("there is no such product"), field="product", value=product_id)
    ruling = Ruling(
        product=product,
        tenant_id=tenant_id,
        kind=kind,
        reason=reason.strip()[:500],
        ruled_by=str(acting_user)[:200],
        penalty=penalty,
    )
    ruling.save(force_insert=True)
    audit.record_on(
        product, f"product.{kind}", actor=acting_user or "selection", label=pick(product.title), reason=reason
    )
    return ruling
