"""Where payees may live whom Stripe pays: https://docs.stripe.com/connect/express-accounts.

Which of them a platform may open accounts in depends on its own country and its agreement with Stripe; what
Stripe then refuses, it says when the account is opened. Mainland China is by agreement only.
"""

CODES = """
AE AG AL AM AR AT AU BA BE BG BH BJ BN BO BS BW CA CH CI CL CN CO CR CY CZ DE DK DO EC EE
EG ES ET FI FR GB GH GM GR GT GY HK HR HU ID IE IL IN IS IT JM JO JP KE KH KR KW LC LI LK
LT LU LV MA MC MD MG MK MN MO MT MU MX MY NA NG NL NO NZ OM PA PE PH PK PL PT PY QA RO RS
RW SA SE SG SI SK SN SV TH TN TR TT TW TZ US UY UZ VN ZA
"""
PAYEE_COUNTRIES = frozenset(CODES.split())
