"""Fans belong to whoever brought them: what may be taken along, and how a circle follows its owner.

Nothing leaves that a fan did not agree to, and nobody is moved. A fan who agreed gets a signed invitation;
with it they join the owner's circle in another shop themselves, or they do not. It names the two people only,
so it is good wherever both have an account, also after the shop in which they met is gone.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext_lazy as _

from kernel.days import local_day
from kernel.errors import NotFound
from kernel.files.formulas import guard
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.bindings.selectors import NO_PURCHASES
from tenants.agents.members.models import Member
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants, current_tenant, shop_url

CONSENTS = ("name", "email", "phone", "transfer")
TRANSFER = "transfer"
INVITATION_SECONDS = 60 * 60 * 24 * 365
_SALT = "agents.circle_transfer"


@dataclass(frozen=True, slots=True)
class TransferInvitation:
    """Who may follow whom: addresses of the fan and of the one who brought them, and the shop they met in."""

    fan: str
    owner: str
    shop: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A fan as their owner may take them along; what the fan did not agree to is empty."""

    number: int
    bound_at: str
    bound_by: str
    orders: int
    spent: int
    currency: str
    name: str
    email: str
    phone: str
    invitation: str


def contacts(owner: Member) -> list[Contact]:
    """Return the whole circle of ``owner``, oldest first, with what each fan agreed to."""
    tenant, address = current_tenant(), owner.user.email
    rows = []
    fans = list(owner.fans.select_related("user").order_by("bound_at", "pk"))
    purchases = binding_selectors.purchases_through(owner, fans)
    for number, fan in enumerate(fans, 1):
        user, consents = fan.user, set(fan.consents)
        orders, spent = purchases.get(fan.pk, NO_PURCHASES)
        rows.append(
            Contact(
                number=number,
                bound_at=local_day(fan.bound_at or fan.joined_at, tenant.zone).isoformat(),
                bound_by=fan.bound_by,
                orders=orders,
                spent=spent,
                currency=tenant.currency,
                name=user.name if "name" in consents else "",
                email=user.email if "email" in consents else "",
                phone=user.phone if "phone" in consents else "",
                invitation=signed_invitation(TransferInvitation(user.email, address, str(tenant.id)))
                if TRANSFER in consents
                else "",
            )
        )
    return rows


def as_csv(rows: Sequence[Contact]) -> str:
    """Return contacts as CSV; no cell is a formula to the program that opens it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(Contact.__slots__)
    writer.writerows([guard(str(getattr(row, name))) for name in Contact.__slots__] for row in rows)
    return out.getvalue()


# -- invitations


def signed_invitation(invitation: TransferInvitation) -> str:
    """Return the invitation as text nobody else can write."""
    return signing.dumps([invitation.fan, invitation.owner, invitation.shop], salt=_SALT, compress=True)


def read_invitation(text: str) -> TransferInvitation:
    """Read an invitation. Raises NotFound for one that is forged or older than a year."""
    try:
        fan, owner, shop = signing.loads(text[:2_000], salt=_SALT, max_age=INVITATION_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound(_("this invitation is not valid"), field="invitation") from None
    return TransferInvitation(str(fan), str(owner), str(shop))


def owner_of(invitation: TransferInvitation) -> Member | None:
    """Return who in this shop is the one an invitation follows."""
    return Member.objects.select_related("user").filter(user__email=invitation.owner).first()


# -- offers


def offered_to(fan: Member) -> Tenant | None:
    """Return the shop to which this fan may follow the one who brought them, if they agreed to be asked."""
    if fan.bound_to is None or TRANSFER not in fan.consents or not fan.bound_to.transfer_offer:
        return None
    tenant: Tenant | None = active_tenants().filter(pk=UUID(fan.bound_to.transfer_offer["tenant"])).first()
    return tenant


def follow_address(fan: Member, there: Tenant) -> str:
    """Return the address in the other shop at which this fan, and nobody else, may follow."""
    assert fan.bound_to is not None
    invitation = TransferInvitation(fan.user.email, fan.bound_to.user.email, str(current_tenant().id))
    return shop_url(there, f"/circle/follow/?invitation={signed_invitation(invitation)}")
