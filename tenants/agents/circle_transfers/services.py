"""Consents of fans, and offers to follow the owner of a circle to another shop."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.verification import is_verified, require_verified
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import outbox
from kernel.tenancy import in_tenant
from tenants.agents.bindings import services as binding_services
from tenants.agents.circle_transfers import selectors
from tenants.agents.circle_transfers.selectors import CONSENTS, TRANSFER
from tenants.agents.members import services as member_services
from tenants.agents.members.models import Member
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant, find_by_host

OFFERED = "circle.offered"


def agree(*, member: Member, consents: Iterable[str]) -> Member:
    """Let the one who brought ``member`` take these along (name, email, phone, transfer), and nothing else.

    Raises Conflict where nobody brought them, InvalidInput for anything unknown.
    """
    allowed = [name for name in CONSENTS if name in set(consents)]
    if unknown := set(consents) - set(CONSENTS):
        raise InvalidInput(_("this cannot be agreed to"), field="consents", value=sorted(unknown)[0])
    with transaction.atomic(durable=True):
        member = Member.objects.select_for_update().get(pk=member.pk)
        if member.bound_to_id is None:
            raise Conflict(_("you are in nobody's circle"), field="consents", code="unbound")
        member.consents, member.consented_at = allowed, clock.now()
        member.save(update_fields=["consents", "consented_at"])
    return member


def accept(*, user: User, text: str) -> Member:
    """Join, in the present shop, the circle of whoever the invitation follows. Again: no change.

    Raises NotFound for an invitation that is not valid or whose owner is not here, NotAllowed for a fan whose
    address is not verified, Conflict where it is somebody else's or the fan belongs to another already.
    """
    invitation = selectors.read_invitation(text)
    require_verified(user)
    if invitation.fan != user.email:
        raise Conflict(
            _("this invitation was written to somebody else"),
            field="invitation",
            remedy=_("sign in with the address that it was sent to"),
            code="other_fan",
        )
    owner = selectors.owner_of(invitation)
    if owner is None:
        raise NotFound(_("your friend is not in this shop"), field="invitation")
    with transaction.atomic(durable=True):
        member = member_services.ensure_member(user=user)
        binding_services.join_circle(member=member, code=owner.referral_code, how=Member.BoundBy.TRANSFER)
        member.refresh_from_db()
        if member.bound_to_id != owner.pk:
            raise Conflict(_("you belong to another circle here"), field="invitation", code="bound")
    return member


def offer(*, owner: Member, host: str) -> int:
    """Offer one's circle to follow to another shop; return how many fans are asked.

    Each fan who agreed to it finds the offer on their own page, and an event reports it for their messages.
    Raises InvalidInput where no shop answers on ``host``, or the owner is no member there whose address is
    verified: somebody else could have signed up with it. NotAllowed for one that is not verified here.
    """
    require_verified(owner.user)
    there = _target(host, owner.user.email)
    invited = owner.fans.filter(consents__contains=[TRANSFER]).count()
    with transaction.atomic(durable=True):
        owner = Member.objects.select_for_update().get(pk=owner.pk)
        if owner.transfer_offer.get("tenant") == str(there.id):
            return invited
        owner.transfer_offer = {"tenant": str(there.id), "at": clock.now().isoformat()}
        owner.save(update_fields=["transfer_offer"])
        audit.record(
            "circle.offered",
            actor=owner.user,
            object_type="member",
            object_id=owner.pk,
            object_label=owner.referral_code,
            changes={"to": str(there.id), "asked": invited},
        )
        outbox.emit(OFFERED, {"owner_id": str(owner.pk), "tenant_id": str(there.id)})
    return invited


def withdraw(*, owner: Member) -> None:
    """Offer nothing any more; who followed has followed. Again: no change."""
    Member.objects.filter(pk=owner.pk).update(transfer_offer={})


def _target(host: str, email: str) -> Tenant:
    name = host.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    tenant = find_by_host(name.partition(":")[0]) if name else None
    if tenant is None or tenant.id == current_tenant().id:
        raise InvalidInput(
            _("no other shop answers there"), field="host", value=host, remedy=_("copy the shop's address")
        )
    with in_tenant(tenant):
        member = Member.objects.filter(user__email=email).select_related("user").first()
        if member is None or not is_verified(member.user):
            raise InvalidInput(
                _("you are no member of that shop yet, or have not shown there that the address is yours"),
                field="host",
                value=host,
                remedy=_("sign in there with the same e-mail address, by a mailed code"),
            )
    return tenant
