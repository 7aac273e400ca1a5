"""Money that leaves: what is owed to whom, how it is paid, and to which account. Lives in "public".

Amounts are minor units. The ledger says how much; these rows say what for, when, and what the bank did.
"""

from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.halts.models import PayoutHalt
from billing.payouts.holds.models import PayoutHold
from billing.payouts.payables.models import Payable
from billing.payouts.transfers.models import Payout
from billing.payouts.withdrawal_terms.models import WithdrawalTerms
from billing.payouts.withdrawals.models import Withdrawal

__all__ = [
    "BankPayout",
    "Payable",
    "Payout",
    "PayoutAccount",
    "PayoutHalt",
    "PayoutHold",
    "Withdrawal",
    "WithdrawalTerms",
]
