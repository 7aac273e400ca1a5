"""Who a cart belongs to."""

import secrets
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CartOwner:
    """A member, or a device that nobody has signed in on; both None: nobody yet, an empty cart."""

    user_id: UUID | None
    device: str | None


def new_device() -> CartOwner:
    """Return an owner for a device without a cart; 256 random bits, so that nobody guesses another's."""
    return CartOwner(user_id=None, device=secrets.token_urlsafe(32))
