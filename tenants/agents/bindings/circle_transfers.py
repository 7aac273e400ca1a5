"""Fans belong to whoever brought them: what may be taken along, and how a circle follows its owner.

Nothing leaves that a fan did not agree to, and nobody is moved. A fan who agreed gets a signed invitation;
with it they join the owner's circle in another shop themselves, or they do not. It names the two people only,
so it is good wherever both have an account, also after the shop in which they met is gone.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import audit, clock, outbox
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.formulas import guard
from kernel.tenancy import in_tenant
from tenants.agents import services
from tenants.agents.models import Member, Sale
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants, current_tenant, find_by_host, shop_url

CONSENTS = ("name", "email", "phone", "transfer")
TRANSFER = "transfer"
OFFERED = "circle.offered"
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


def agree(*, member: Member, consents: Iterable[str]) -> Member:
    """Let the one who brought ``member`` take these along (name, email, phone, transfer), and nothing else.

    Raises Conflict where nobody brought them, InvalidInput for anything unknown.
    """
    wanted = [name for name in CONSENTS if name in set(consents)]
    if unknown := set(consents) - set(CONSENTS):
        raise InvalidInput(_("this cannot be agreed to"), field="consents", value=sorted(unknown)[0])
    with transaction.atomic():
        member = Member.objects.select_for_update().get(pk=member.pk)
        if member.bound_to_id is None:
            raise Conflict(_("you are in nobody's circle"), field="consents", code="unbound")
        member.consents, member.consented_at = wanted, clock.now()
        member.save(update_fields=["consents", "consented_at"])
    return member


def contacts(owner: Member) -> list[Contact]:
    """Return the whole circle of ``owner``, oldest first, with what each fan agreed to."""
    bought = {
        row["buyer_id"]: row
        for row in Sale.objects.filter(sharer=owner)
        .values("buyer_id")
        .annotate(orders=Count("order_id"), spent=Sum(F("paid") - F("refunded")))
    }
    tenant, address = current_tenant(), owner.user.email
    found = []
    fans = owner.fans.select_related("user").order_by("bound_at", "pk")
    for number, fan in enumerate(fans.iterator(chunk_size=2_000), 1):
        mine, user = bought.get(fan.pk, {"orders": 0, "spent": 0}), fan.user
        given = set(fan.consents)
        found.append(
            Contact(
                number=number,
                bound_at=(fan.bound_at or fan.joined_at).date().isoformat(),
                bound_by=fan.bound_by,
                orders=mine["orders"],
                spent=mine["spent"],
                currency=tenant.currency,
                name=user.name if "name" in given else "",
                email=user.email if "email" in given else "",
                phone=user.phone if "phone" in given else "",
                invitation=seal(TransferInvitation(user.email, address, str(tenant.id)))
                if TRANSFER in given
                else "",
            )
        )
    return found


def as_csv(rows: Sequence[Contact]) -> str:
    """Return contacts as CSV; no cell is a formula to the program that opens it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(Contact.__slots__)
    writer.writerows([guard(str(getattr(row, name))) for name in Contact.__slots__] for row in rows)
    return out.getvalue()


# -- invitations


def seal(invitation: TransferInvitation) -> str:
    """Return the invitation as text nobody else can write."""
    return signing.dumps([invitation.fan, invitation.owner, invitation.shop], salt=_SALT, compress=True)


def unseal(text: str) -> TransferInvitation:
    """Read an invitation. Raises NotFound for one that is forged or older than a year."""
    try:
        fan, owner, shop = signing.loads(text[:2_000], salt=_SALT, max_age=INVITATION_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound(_("this invitation is not valid"), field="invitation") from None
    return TransferInvitation(str(fan), str(owner), str(shop))


def owner_of(invitation: TransferInvitation) -> Member | None:
    """Return who in this shop is the one an invitation follows."""
    return Member.objects.select_related("user").filter(user__email=invitation.owner).first()


def accept(*, user: User, text: str) -> Member:
    """Join, in the present shop, the circle of whoever the invitation follows. Again: no change.

    Raises NotFound for an invitation that is not valid or whose owner is not here, Conflict where it is
    somebody else's or the fan belongs to another already.
    """
    invitation = unseal(text)
    if invitation.fan != user.email:
        raise Conflict(
            _("this invitation was written to somebody else"),
            field="invitation",
            remedy=_("sign in with the address that it was sent to"),
            code="other_fan",
        )
    owner = owner_of(invitation)
    if owner is None:
        raise NotFound(_("your friend is not in this shop"), field="invitation")
    with transaction.atomic():
        member = services.ensure_member(user)
        services.bind(member=member, code=owner.referral_code, how=Member.BoundBy.TRANSFER)
        member.refresh_from_db()
        if member.bound_to_id != owner.pk:
            raise Conflict(_("you belong to another circle here"), field="invitation", code="bound")
    return member


# -- offers


def offer(*, owner: Member, host: str) -> int:
    """Offer one's circle to follow to another shop; return how many fans are asked.

    Each fan who agreed to it finds the offer on their own page, and an event reports it for their messages.
    Raises InvalidInput where no shop answers on ``host``, or the owner is no member there.
    """
    there = _target(host, owner.user.email)
    asked = owner.fans.filter(consents__contains=[TRANSFER]).count()
    with transaction.atomic():
        owner = Member.objects.select_for_update().get(pk=owner.pk)
        if owner.transfer_offer.get("tenant") == str(there.id):
            return asked
        owner.transfer_offer = {"tenant": str(there.id), "at": clock.now().isoformat()}
        owner.save(update_fields=["transfer_offer"])
        audit.record(
            "circle.offered",
            actor=owner.user,
            object_type="member",
            object_id=owner.pk,
            object_label=owner.referral_code,
            changes={"to": str(there.id), "asked": asked},
        )
        outbox.emit(OFFERED, {"owner_id": str(owner.pk), "tenant_id": str(there.id)})
    return asked


def withdraw(*, owner: Member) -> None:
    """Offer nothing any more; who followed has followed. Again: no change."""
    Member.objects.filter(pk=owner.pk).update(transfer_offer={})


def offered_to(fan: Member) -> Tenant | None:
    """Return the shop to which this fan may follow the one who brought them, if they agreed to be asked."""
    if fan.bound_to is None or TRANSFER not in fan.consents or not fan.bound_to.transfer_offer:
        return None
    found: Tenant | None = active_tenants().filter(pk=UUID(fan.bound_to.transfer_offer["tenant"])).first()
    return found


def follow_address(fan: Member, there: Tenant) -> str:
    """Return the address in the other shop at which this fan, and nobody else, may follow."""
    assert fan.bound_to is not None
    invitation = TransferInvitation(fan.user.email, fan.bound_to.user.email, str(current_tenant().id))
    return shop_url(there, f"/circle/follow/?invitation={seal(invitation)}")


def _target(host: str, email: str) -> Tenant:
    name = host.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    tenant = find_by_host(name.partition(":")[0]) if name else None
    if tenant is None or tenant.id == current_tenant().id:
        raise InvalidInput(
            _("no other shop answers there"), field="host", value=host, remedy=_("copy the shop's address")
        )
    with in_tenant(tenant):
        if not Member.objects.filter(user__email=email).exists():
            raise InvalidInput(
                _("you are no member of that shop yet"),
                field="host",
                value=host,
                remedy=_("sign up there with the same e-mail address first"),
            )
    return tenant
