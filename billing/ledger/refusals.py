"""What the database refuses in the ledger. But for the balance, only a mistake in the code meets these."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal
from kernel.errors import InsufficientBalance, InvalidInput, NotFound

_BALANCE = _("the balance does not cover this amount")
_LESS = _("top up the balance or take less")
REFUSALS = {
    "ledger.balance_too_small": Refusal(
        _BALANCE, remedy=_LESS, kind=InsufficientBalance, field="amount", details=("missing",)
    ),
    "balance_not_negative": Refusal(_BALANCE, remedy=_LESS, kind=InsufficientBalance, field="amount"),
    "ledger.nothing_to_reverse": Refusal(
        _("there is no transfer %(transfer)s to reverse"), kind=NotFound, field="transfer"
    ),
    "ledger.wrong_account": Refusal(
        _("account %(account)s does not exist or is not kept in %(currency)s"),
        kind=InvalidInput,
        field="legs",
    ),
    "ledger.leg_added_later": Refusal(
        _("leg %(leg)s cannot be added to transfer %(transfer)s later"), kind=InvalidInput, field="legs"
    ),
    "ledger.balance_lost": Refusal(_("account %(account)s has lost its balance")),
    "ledger.not_zero": Refusal(
        _("the legs of transfer %(transfer)s do not sum to zero in %(currency)s: %(rest)s is left"),
        kind=InvalidInput,
        field="legs",
    ),
    "ledger.legs_not_at_once": Refusal(
        _("the legs of transfer %(transfer)s have to come all at once"), kind=InvalidInput, field="legs"
    ),
    "ledger.legs_missing": Refusal(_("transfer %(transfer)s lacks legs"), kind=InvalidInput, field="legs"),
    "ledger.id_too_old": Refusal(
        _("the id of transfer %(transfer)s is older than its transaction"), kind=InvalidInput
    ),
}
