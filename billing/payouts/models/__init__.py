"""Money that leaves: what is owed to whom, how it is paid, and to which account. Lives in "public".

Amounts are minor units. The ledger says how much; these rows say what for, when, and what the bank did.
"""

from billing.payouts.models.accounts import BankPayout, PayoutAccount
from billing.payouts.models.halts import PayoutHalt
from billing.payouts.models.holds import PayoutHold
from billing.payouts.models.suppliers import Payable, Payout
from billing.payouts.models.withdrawals import Withdrawal, WithdrawalTerms

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
