"""Reads of admission: what may be sold in a shop, charters and complaints."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from catalog.models import Product
from catalog.products import selectors as product_selectors
from kernel.models import NO_ONE
from selection.admission.models import Charter, CharterProduct, Complaint, Ruling


def for_sale_in(tenant_id: UUID) -> Q:
    """Return what those who choose products let a shop sell, as a condition on Product; costs no query.

    The twin of ``selection_admits`` in admission/sql/admission.sql, which guards reservations and orders.
    """
    stays = CharterProduct.objects.filter(charter__tenant_id=tenant_id, product_id=OuterRef("pk"))
    return product_selectors.admitted_condition(tenant_id) & (
        ~Q(Exists(Charter.objects.filter(tenant_id=tenant_id)))
        | Q(admission=Product.Admission.PASSED)
        | Q(admitted_to__contains=[tenant_id])
        | Q(Exists(stays))
    )


def passed_products(tenant_id: UUID) -> QuerySet[Product]:
    """Return the products that passed for the whole network or for this shop, the latest first."""
    passed = Ruling.objects.filter(
        product_id=OuterRef("pk"), tenant_id__in={NO_ONE, tenant_id}, kind=Ruling.Kind.PASSED
    )
    return (
        Product.objects.filter(for_sale_in(tenant_id), Exists(passed))
        .select_related("supplier")
        .order_by("-id")
    )


def charter_of(tenant_id: UUID) -> Charter | None:
    """Return the charter of a shop, or of the network for NO_ONE."""
    return Charter.objects.filter(tenant_id=tenant_id).first()


def complaints_about(product: Product) -> dict[str, Any]:
    """Return how many complaints there are of each kind, and the latest ones."""
    counts = dict(product.complaints.order_by().values_list("kind").annotate(Count("id")))
    return {
        "counts": {kind: counts.get(kind, 0) for kind in Complaint.Kind.values},
        "latest": product.complaints.all()[:20],
    }
