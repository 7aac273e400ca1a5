"""Which of Alice's ids stands for a parameter of a URL pattern."""

from functools import partial
from typing import Any
from urllib.parse import quote

from django.apps import apps

from accounts.models import User
from billing.payments.models import Dispute
from billing.payouts.models import Withdrawal
from billing.plans.models import Subscription
from billing.subsidy_budgets.models import SubsidyBudget
from fulfilment.models import CasePicture, Shipment, SupplierOrder
from kernel.tenancy import in_tenant
from selection.models import Proposal, Round, Sample, Seat
from tenants.shop.promotions.campaigns.models import Campaign
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.red_packets.models import RedPacketBatch
from tests.leaks.marked import MarkedShop
from tests.support.surface import Address, addresses

TENANT_URLS, PLATFORM_URLS = "config.urls.tenant", "config.urls.central"


def sample(marked: MarkedShop, urlconf: str, route: str, parameter: str) -> str:
    """Return one of Alice's ids for a parameter of a route; KeyError if nobody has thought of it."""
    known: dict[str, Any] = {
        "order_id": marked.order.pk if urlconf == TENANT_URLS else SupplierOrder.objects.get().pk,
        "number": "2" if "rules" in route else marked.order.number,
        "payment_id": marked.order.payment_id,
        "line_id": marked.line.pk,
        "key_id": marked.key.pk,
        "member_id": marked.people["carol"].pk,
        "product_id": marked.order.lines.get().product_id,
        "variant_id": marked.order.lines.get().variant_id,
        "supplier_id": marked.order.lines.get().supplier_id,
        "tenant_id": marked.alice.pk,
        "earning_id": marked.circle.earning,
        "case_id": marked.case.pk,
        "supplier_order_id": marked.case.supplier_order_id,
        "picture_id": CasePicture.objects.get().pk,
        "proposal_id": Proposal.objects.get().pk,
        "evidence_id": Proposal.objects.get().evidence.get().pk,
        "round_id": Round.objects.get().pk,
        "seat_id": Seat.objects.get(user_id=marked.people["carol"].pk).pk,
        "sample_id": Sample.objects.get(seat__user_id=marked.people["carol"].pk).pk,
        "redemption_id": marked.order.pk,
        "task_id": marked.circle.task,
        "done_id": marked.circle.done,
        "origin_id": marked.circle.origin,
        "dispute_id": Dispute.objects.get().pk,
        "reading_id": marked.order.pk,
        "finding_id": marked.order.pk,
        "withdrawal_id": Withdrawal.objects.get().pk,
        "budget_id": SubsidyBudget.objects.get().pk,
        "subsidy_id": GoodsSubsidy.objects.get().pk,
        "campaign_id": Campaign.objects.get().pk,
        "batch_id": RedPacketBatch.objects.get().pk,
        "batch_code": RedPacketBatch.objects.get().code,
        "subscription_id": Subscription.objects.get(tenant_id=marked.alice.pk).pk,
        "job": "1" * 32,
        "licence_id": marked.order.pk,
        "run_id": marked.order.pk,
        "what": "products",
        "shelf": "00",
        "folder": "0" * 64,
        "name": "320.webp",
        "supplier_code": "farm",
        "handle": "tea",
        "slug": "food",
        "shipment_id": Shipment.objects.get().pk,
        "invitation_id": marked.invitation.pk,
        "token": marked.invitation.pk,  # what may be known of it; the token itself is in nobody's hands
        "path": "nothing",
        "url": "nothing/",
        "key": "1a-2b",
        "uidb36": "1",
        "content_type_id": "1",
    }
    if parameter == "object_id" and not route.startswith("console/r/"):
        return quote(str(row(marked, route).pk))
    return str({**known, "object_id": marked.order.pk}[parameter])


def row(marked: MarkedShop, route: str) -> Any:
    """Return a row of Alice's for a page of the admin, or any if the model is not hers."""
    _console, label, model_name, *_rest = route.split("/")
    model = apps.get_model(label, model_name)
    rows = model._default_manager.all()
    if model is User:
        return marked.people["carol"]
    return rows.filter(pk=marked.order.pk).first() or rows.first() or marked.order


def walk(marked: MarkedShop, urlconf: str) -> list[Address]:
    """Return every address of a urlconf, with Alice's ids."""
    with in_tenant(marked.alice):
        return addresses(urlconf, partial(sample, marked, urlconf))
