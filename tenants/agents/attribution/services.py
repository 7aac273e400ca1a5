"""Devices of members, and the order that counts as a buyer's first."""

import secrets
from uuid import UUID

from django.db import connection

from accounts.models import User
from kernel import clock
from kernel.database.unit_of_work import joins_transaction
from tenants.agents.attribution.models import DeviceSeen
from tenants.agents.members.models import Member

_CLAIM = """
UPDATE agents_member SET first_order_id = %(order)s WHERE user_id = %(user)s AND first_order_id IS NULL
    AND NOT EXISTS (SELECT FROM agents_sale WHERE buyer_id = %(user)s)
"""


def new_device() -> str:
    """Return a name for a device; 256 random bits, so that nobody can pass for another's."""
    return secrets.token_urlsafe(32)


def note_device(*, member: Member, device: str) -> None:
    """Remember that a member signed in or bought here. Again: only the time moves."""
    DeviceSeen.objects.bulk_create(
        [DeviceSeen(device=device, member=member, last_at=clock.now())],
        update_conflicts=True,
        unique_fields=["device", "member"],
        update_fields=["last_at"],
    )


@joins_transaction
def claim_first_order(*, user: User, order_id: UUID) -> bool:
    """Let an order count as the buyer's first; False if another does.

    Of two orders placed at once the later waits here, and then knows that it is not the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"user": user.pk, "order": order_id})
        return int(cursor.rowcount) == 1


@joins_transaction
def release_first_order(*, order_id: UUID) -> None:
    """An order was closed unpaid: another may be the first now. Again: no change."""
    Member.objects.filter(first_order_id=order_id).update(first_order_id=None)
