"""Who stands behind a wallet. The tenants' floors know; they register here what to ask."""

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
_describers: list[Describe] = []


def register(describe: Describe) -> None:
    """Set who answers for members: ``describe(tenant_id, member_id)``, which raises NotFound."""
    _describers[:] = [describe]


def payee_of(tenant_id: UUID, member_id: UUID) -> Payee:
    """Return who the member is. Raises NotFound."""
    return _describers[0](tenant_id, member_id)
