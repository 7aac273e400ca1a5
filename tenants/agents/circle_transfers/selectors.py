"""Fans belong to whoever brought them: what may be taken along, and how a circle follows its owner.

Nothing leaves that a fan did not agree to, and nobody is moved. A fan who agreed gets an invitation;
with it they join the owner's circle in another shop themselves, or they do not. It names the two people only,
so it is good wherever both have an account, also after the shop in which they met is gone.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.verification import is_verified
from kernel import encryption
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
INVITATION_LASTS = timedelta(days=365)
_PURPOSE = "circle transfer"


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
                invitation=encrypted_invitation(TransferInvitation(user.email, address, str(tenant.id)))
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


def encrypted_invitation(invitation: TransferInvitation) -> str:
    """Return the invitation as text that only we write and read: the owner of a circle hands it on."""
    fields = [invitation.fan, invitation.owner, invitation.shop]
    return encryption.encrypt(json.dumps(fields), purpose=_PURPOSE)


def read_invitation(text: str) -> TransferInvitation:
    """Read an invitation. Raises NotFound for one that is forged or older than a year."""
    try:
        fan, owner, shop = json.loads(
            encryption.decrypt(text[:2_000], purpose=_PURPOSE, longest=INVITATION_LASTS)
        )
    except (encryption.InvalidToken, ValueError, TypeError):
        raise NotFound(_("this invitation is not valid"), field="invitation") from None
    return TransferInvitation(str(fan), str(owner), str(shop))


def owner_of(invitation: TransferInvitation) -> Member | None:
    """Return who in this shop is the one an invitation follows; their address must be verified."""
    member = Member.objects.select_related("user").filter(user__email=invitation.owner).first()
    return member if member and is_verified(member.user) else None


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
    return shop_url(there, f"/circle/follow/?invitation={encrypted_invitation(invitation)}")
