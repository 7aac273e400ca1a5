"""Setting the terms on which money leaves a tenant's wallets."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.payouts.withdrawal_terms import selectors
from billing.payouts.withdrawal_terms.models import WithdrawalTerms
from kernel import audit, clock
from kernel.errors import InvalidInput, NotAllowed
from kernel.money.amounts import MAX_AMOUNT
from kernel.money.money import format_money


def set_terms(
    *, tenant_id: UUID, currency: str, minimum: int, fee: int, approval_above: int, acting_user: User
) -> WithdrawalTerms:
    """Change a tenant's terms for a currency, in its minor units. Must run outside transactions.

    Whoever sets them needs approval for every withdrawal of their own from then on, until somebody else does.
    Raises NotAllowed, and InvalidInput where the fee eats the minimum or the limit is above the most.
    """
    if not acting_user.has_perm("payouts.add_withdrawalterms"):
        raise NotAllowed(_("your role may not set the terms"))
    if not 0 <= fee < minimum <= MAX_AMOUNT:
        raise InvalidInput(_("the minimum has to be above the fee"), field="minimum", value=minimum)
    most = selectors.most_approval_above(currency)
    if not 0 <= approval_above <= most:
        raise InvalidInput(
            _("this limit is higher than the platform allows"),
            field="approval_above",
            value=approval_above,
            remedy=_("set at most %(most)s") % {"most": format_money(most, currency)},
        )
    after = {"minimum": minimum, "fee": fee, "approval_above": approval_above}
    with transaction.atomic(durable=True):
        before = selectors.terms_of(tenant_id, currency)
        row, _created = WithdrawalTerms.objects.update_or_create(
            tenant_id=tenant_id,
            currency=currency,
            defaults={**after, "set_by": acting_user.pk, "set_at": clock.now()},
        )
        audit.record(
            "withdrawal.terms",
            actor=acting_user,
            object_type="payouts.withdrawalterms",
            object_id=tenant_id,
            changes={"currency": currency}
            | {name: [getattr(before, name), value] for name, value in after.items()},
        )
    return row
