"""Mails to whoever asked for a withdrawal, in their language: how it ended, and where the money is now."""

import logging
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from billing.payouts.withdrawals.models import Withdrawal
from kernel.money.money import format_money
from kernel.tenancy import in_tenant
from kernel.texts.translated import pick
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants, shop_url

logger = logging.getLogger(__name__)
PAGES = {Withdrawal.OwnerKind.MEMBER: "/wallet/", Withdrawal.OwnerKind.TENANT: "/console/withdrawals/"}


def notify_of_end(*, withdrawal_id: UUID) -> bool:
    """Mail the payee that a withdrawal was sent, failed or was turned down; of a shop's own whoever asked.

    False where nobody can be written to: the shop was closed or the person is gone. Joins the caller's
    transaction: the mail leaves with it, once.
    """
    withdrawal = Withdrawal.objects.get(id=withdrawal_id)
    tenant = active_tenants().filter(pk=withdrawal.tenant_id).first()
    if tenant is None:
        return False
    is_own = withdrawal.owner_kind == Withdrawal.OwnerKind.TENANT
    with in_tenant(tenant):
        person_id = withdrawal.requested_by if is_own else withdrawal.owner_id
        person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None or not person.email:
        logger.warning("nobody hears of a withdrawal's end", extra={"withdrawal": str(withdrawal_id)})
        return False
    with translation.override(person.language or settings.LANGUAGE_CODE):
        subject, text = _written(withdrawal, tenant)
        return bool(send_mail(subject, text, None, [person.email]))


def _written(withdrawal: Withdrawal, tenant: Tenant) -> tuple[str, str]:
    about = {
        "shop": pick(tenant.name),
        "amount": format_money(withdrawal.amount, withdrawal.currency),
        "net": format_money(withdrawal.net, withdrawal.currency),
        "reason": withdrawal.reason_text,
        "link": shop_url(tenant, PAGES[Withdrawal.OwnerKind(withdrawal.owner_kind)]),
    }
    if withdrawal.state == Withdrawal.State.PAID:
        return (
            _("Your withdrawal from %(shop)s is on its way to your bank") % about,
            _("%(net)s of the %(amount)s that you took out went to your payout account. %(link)s") % about,
        )
    if withdrawal.state == Withdrawal.State.REFUSED:
        return (
            _("Your withdrawal from %(shop)s was turned down") % about,
            _("The reason: %(reason)s. All of it, %(amount)s, is back in your wallet. %(link)s") % about,
        )
    return (
        _("Your withdrawal from %(shop)s did not go through") % about,
        _(
            "The reason: %(reason)s. All of it, %(amount)s, is back in your wallet; you can try again."
            " %(link)s"
        )
        % about,
    )
