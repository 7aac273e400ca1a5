"""Money that leaves: what is owed to whom, how it is paid, and to which account. Lives in "public".

Amounts are minor units. The ledger says how much; these rows say what for, when, and what the bank did.
"""

from billing.payouts.models.accounts import BankPayout, PayoutAccount
from billing.payouts.models.halts import Halt
from billing.payouts.models.holds import SupplierHold
from billing.payouts.models.suppliers import Payable, Payout
from billing.payouts.models.withdrawals import Withdrawal, WithdrawalTerms

__all__ = [
    "BankPayout",
    "Halt",
    "Payable",
    "Payout",
    "PayoutAccount",
    "SupplierHold",
    "Withdrawal",
    "WithdrawalTerms",
]
