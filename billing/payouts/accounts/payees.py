"""Who stands behind a wallet. The tenants' apps know; they register here what to ask."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Payee:
    """A member of a tenant, as far as paying them is concerned.

    ``withholds_tax``: the tenant withholds tax from a person's commission; False where the rules leave it to
    the payee to declare. A company is paid against its own invoice and nothing is withheld.
    """

    name: str
    email: str
    is_company: bool = False
    withholds_tax: bool = True


Describe = Callable[[UUID, UUID], Payee]
Devices = Callable[[UUID], set[UUID]]
_describers: list[Describe] = []
_devices: list[Devices] = []


def register(describe: Describe, *, sharing_device: Devices) -> None:
    """Set who answers for members: ``describe(tenant_id, member_id)``, which raises NotFound.

    ``sharing_device(member_id)`` returns the other members seen on the same devices, in the tenant's schema.
    """
    _describers[:] = [describe]
    _devices[:] = [sharing_device]


def sharing_device(member_id: UUID) -> set[UUID]:
    """Return the members of the present tenant who were lately seen on a device of this one."""
    return _devices[0](member_id)


def payee_of(tenant_id: UUID, member_id: UUID) -> Payee:
    """Return who the member is. Raises NotFound."""
    return _describers[0](tenant_id, member_id)
