"""What the database refuses of withdrawals and payouts."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal
from kernel.errors import NotAllowed

_LOOK = _("look at the withdrawal again")
REFUSALS = {
    "payouts.withdrawal_fixed": Refusal(_("a withdrawal cannot become another one"), remedy=_LOOK),
    "payouts.withdrawal_over": Refusal(_("this withdrawal is over, for good"), remedy=_LOOK),
    "payouts.withdrawal_decided": Refusal(_("this withdrawal is decided already"), remedy=_LOOK),
    "payouts.central_team_approves": Refusal(
        _("this withdrawal is for the central team to approve"), kind=NotAllowed
    ),
    "payouts.appointed_by_payee": Refusal(
        _("this withdrawal cannot be decided by somebody whom its payee appointed"),
        remedy=_("ask somebody else to decide it"),
        kind=NotAllowed,
    ),
    "withdrawal_four_eyes": Refusal(
        _("nobody approves a withdrawal of their own"),
        remedy=_("ask somebody else to decide it"),
        kind=NotAllowed,
    ),
    "withdrawal_once": Refusal(_("this withdrawal was asked for already"), remedy=_LOOK),
    "withdrawal_invoice_once": Refusal(
        _("an invoice with this number was handed in already"),
        remedy=_("give the number of the invoice for this withdrawal"),
        field="invoice_number",
    ),
    "payout_hold_one_in_force": Refusal(_("payouts of this supplier are on hold already")),
    "subsidy_budget_name": Refusal(
        _("there is a budget of this name already"), remedy=_("choose another name"), field="name"
    ),
    "subsidy_claim_once": Refusal(_("a subsidy was claimed for this already")),
    "payout_account_one_each": Refusal(_("there is an account for payouts already"), remedy=_("look again")),
}
