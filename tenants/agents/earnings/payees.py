"""Who is paid from a member's wallet, for the payouts that ask."""

from uuid import UUID

from accounts.models import User
from billing.payouts.accounts.payees import Payee
from kernel.errors import NotFound
from kernel.tenancy import in_tenant
from tenants.agents.members.models import Member
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import get_tenant


def describe(tenant_id: UUID, person_id: UUID) -> Payee:
    """Return the person of a tenant as somebody to be paid. Raises NotFound.

    Tax is withheld unless the tenant's rules leave it to the payee.
    """
    with in_tenant(get_tenant(tenant_id)):
        user = User.objects.filter(pk=person_id).first()
        if user is None:
            raise NotFound("there is no such person")
        member = Member.objects.filter(pk=person_id).first()
        document = rules_version_selectors.active_rules()[1].document
    is_company = member is not None and member.is_company
    return Payee(
        name=member.company_name if member is not None and is_company else str(user),
        email=user.email,
        is_company=is_company,
        withholds_tax=document.tax.commission != "declared_by_payee",
    )
