"""What the payment service asks of a payee, and why it stopped, in words."""

from collections.abc import Iterable

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.payouts.models import PayoutAccount
from kernel.errors import Text

# The first beginning that fits; names are those of Stripe's "requirements".
REQUIREMENTS: tuple[tuple[str, Text], ...] = (
    ("external_account", _("a bank account to be paid to")),
    ("individual.verification.document", _("a picture of an identity document")),
    ("individual.verification", _("a proof of identity")),
    ("individual", _("details of the person")),
    ("company.verification", _("a proof that the company exists")),
    ("company", _("details of the company")),
    ("representative", _("details of who represents the company")),
    ("owners", _("details of the company's owners")),
    ("directors", _("details of the company's directors")),
    ("person", _("details of a person behind the company")),
    ("business_profile", _("what the business does")),
    ("business_type", _("whether this is a person or a company")),
    ("tos_acceptance", _("consent to the payment service's terms")),
)
REASONS: tuple[tuple[str, Text], ...] = (
    ("requirements.past_due", _("Something the payment service asked for is overdue.")),
    ("requirements.pending_verification", _("The payment service is checking what was handed in.")),
    ("under_review", _("The payment service is looking into this account.")),
    ("rejected", _("The payment service turned this account down.")),
    ("listed", _("The payment service may not work with this payee.")),
    ("platform_paused", _("Payouts to this account were paused by the central team.")),
)


def requirement_texts(requirements: Iterable[str]) -> list[Text]:
    """Return what the payment service wants, each thing once; what we have no words for as it calls it."""
    texts: list[Text] = []
    for name in requirements:
        words = next((text for start, text in REQUIREMENTS if name.startswith(start)), name)
        if words not in texts:
            texts.append(words)
    return texts


def why(disabled_reason: str) -> Text:
    """Return why nothing can be sent, an empty text if nothing stands in the way."""
    if not disabled_reason:
        return ""
    known = next((text for start, text in REASONS if disabled_reason.startswith(start)), None)
    return known or _("The payment service stopped this account.")


def country_name(code: str) -> str:
    """Return a country's name in the reader's language; the code itself of one that has none."""
    language = "zh_Hans" if (get_language() or "").startswith("zh") else "en"
    return str(Locale.parse(language).territories.get(code, code))


def of_account(account: PayoutAccount | None) -> dict[str, object]:
    """Return what a page says of an account: state, its name, what is wanted, why it stopped."""
    if account is None or not account.external_id:
        return {"state": "", "name": _("none yet"), "wanted": [], "why": ""}
    state = PayoutAccount.State(account.state)
    return {
        "id": str(account.pk),
        "country": country_name(account.country),
        "state": str(state),
        "name": state.label,
        "wanted": requirement_texts(account.requirements),
        "why": why(account.disabled_reason) if state != PayoutAccount.State.ABLE else "",
    }
