"""Payees' accounts at the payment service: opened once, completed on its own page, followed by its events.

Nothing is sent to an account that is not able. The payment service reports when that changes; who comes back
from its page is looked up at once.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from babel.numbers import get_territory_currencies
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.payments.gateway import ProviderAccount, gateway
from billing.payouts.accounts.models import PayoutAccount
from catalog.models import Supplier
from kernel import audit, clock
from kernel.calls.errors import CallError, NoClearAnswer
from kernel.calls.outgoing import OutgoingCall
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import outbox
from kernel.models import NO_ONE
from kernel.texts.translated import pick

logger = logging.getLogger(__name__)
OwnerKind, State = PayoutAccount.OwnerKind, PayoutAccount.State
CLOCKS_DIFFER = timedelta(minutes=5)
CHANGED = "payout_account.changed"
CLOSED = ("rejected", "listed", "platform_paused")
"""How the payment service's reasons begin that the payee cannot mend."""


@dataclass(frozen=True, slots=True)
class AccountOwner:
    """Who is to be paid. ``name`` and ``email`` go to the payment service when the account is opened."""

    kind: PayoutAccount.OwnerKind
    id: UUID
    tenant_id: UUID
    name: str
    email: str = ""


def supplier_owner(supplier: Supplier) -> AccountOwner:
    """Return a supplier as somebody to be paid."""
    name = pick(supplier.name, "en")
    return AccountOwner(OwnerKind.SUPPLIER, supplier.id, NO_ONE, name, supplier.email)


def account_of(owner_kind: str, owner_id: UUID, tenant_id: UUID = NO_ONE) -> PayoutAccount | None:
    """Return the account that the payee is paid to, or None if it never had one."""
    return PayoutAccount.objects.filter(
        owner_kind=owner_kind, owner_id=owner_id, tenant_id=tenant_id, replaced_at=None
    ).first()


def require_able(owner_kind: str, owner_id: UUID, tenant_id: UUID = NO_ONE) -> PayoutAccount:
    """Return the account money can be sent to. Raises Conflict that says what is missing."""
    account = account_of(owner_kind, owner_id, tenant_id)
    if account is None or not account.external_id:
        raise Conflict(
            _("there is no payout account yet"),
            code="no_payout_account",
            remedy=_("open one first; it takes a few minutes"),
        )
    if account.state != State.ABLE:
        raise Conflict(
            _("the payment service cannot pay to this account at present"),
            code="payout_account_not_able",
            remedy=_("complete what the payment service asks for"),
        )
    return account


@dataclass(frozen=True, slots=True)
class _AccountCall(OutgoingCall[PayoutAccount, ProviderAccount]):
    """Open a payee's account at the payment service."""

    owner: AccountOwner
    acting_user: Any

    def lock(self, row_id: UUID) -> PayoutAccount:
        return PayoutAccount.objects.select_for_update().get(id=row_id)

    def is_open(self, row: PayoutAccount) -> bool:
        return row.external_id is None

    def find(self, row: PayoutAccount) -> ProviderAccount | None:
        return gateway().find_account(str(row.id), since=row.created_at - CLOCKS_DIFFER)

    def request(self, row: PayoutAccount) -> ProviderAccount:
        return gateway().create_account(
            country=row.country,
            email=self.owner.email,
            name=self.owner.name,
            reference=str(row.id),
            key=f"account:{row.id}",
        )

    def apply(self, row: PayoutAccount, answer: ProviderAccount) -> PayoutAccount:
        account = self.lock(row.id)
        if account.external_id is None:
            account.external_id = answer.id
            account.save(update_fields=["external_id"])
            audit.record_on(
                account,
                "payout_account.opened",
                actor=self.acting_user,
                label=self.owner.name,
                changes={
                    "owner": f"{self.owner.kind} {self.owner.id}",
                    "country": account.country,
                    "external_id": answer.id,
                },
            )
        return apply_account(answer) or account

    def unclear(self, row: PayoutAccount, error: NoClearAnswer) -> PayoutAccount:
        raise error

    def refused(self, row: PayoutAccount, error: CallError) -> PayoutAccount:
        raise Conflict(
            _("the payment service refused to open an account"),
            field=str(self.owner.kind),
            value=self.owner.name,
            remedy=str(error),
        ) from error


def open_account(*, owner: AccountOwner, country: str, acting_user: Any = "payouts") -> PayoutAccount:
    """Open the payee's account at the payment service, once. Must run outside any transaction.

    ``country`` (ISO 3166) is where the payee lives and banks. The payee completes their data at
    ``onboarding_link``. Raises InvalidInput for a country that the payment service does not serve, Conflict
    if it refuses or if an account was opened in another country, NoClearAnswer if it is out of reach.
    """
    _require_served(country)
    with transaction.atomic(durable=True):
        account, _created = PayoutAccount.objects.get_or_create(
            owner_kind=owner.kind,
            owner_id=owner.id,
            tenant_id=owner.tenant_id,
            replaced_at=None,
            defaults={"country": country},
        )
        if account.country != country:
            if account.external_id:
                raise Conflict(
                    _("there is an account in another country already"),
                    field="country",
                    value=country,
                    remedy=_("open another account instead of it"),
                )
            # Nothing is known to have been opened there: begin anew, under another key.
            account.replaced_at = clock.now()
            account.save(update_fields=["replaced_at"])
            account = PayoutAccount.objects.create(
                owner_kind=owner.kind, owner_id=owner.id, tenant_id=owner.tenant_id, country=country
            )
    return _AccountCall(owner=owner, acting_user=acting_user).run(account.id)


def open_another_account(
    *, owner: AccountOwner, country: str, acting_user: Any, instead_of: UUID
) -> PayoutAccount:
    """Open an account in place of the one of this id: from now on the payee is paid to the new one.

    What was sent to the old one goes on from there to its bank. Must run outside any transaction. Again: the
    same new account. Raises as ``open_account`` does, and NotFound if ``instead_of`` is none of this payee's.
    """
    _require_served(country)
    with transaction.atomic(durable=True):
        old = (
            PayoutAccount.objects.select_for_update()
            .filter(id=instead_of, owner_kind=owner.kind, owner_id=owner.id, tenant_id=owner.tenant_id)
            .first()
        )
        if old is None:
            raise NotFound(_("there is no payout account yet"))
        if old.replaced_at is None:
            old.replaced_at = clock.now()
            old.save(update_fields=["replaced_at"])
            PayoutAccount.objects.create(
                owner_kind=owner.kind, owner_id=owner.id, tenant_id=owner.tenant_id, country=country
            )
            audit.record_on(
                old,
                "payout_account.replaced",
                actor=acting_user,
                label=owner.name,
                changes={"country": [old.country, country]},
            )
    return open_account(owner=owner, country=country, acting_user=acting_user)


def _require_served(country: str) -> None:
    if country not in gateway().payee_countries:
        raise InvalidInput(
            _("the payment service pays nobody in this country"),
            field="country",
            value=country,
            remedy=_("choose the country of your bank from the list"),
        )


def suggested_country(currency: str) -> str:
    """Return the only country served whose money this is; empty if there are several or none: then ask."""
    countries = [
        country
        for country in gateway().payee_countries
        if currency in get_territory_currencies(country, start_date=clock.now().date())
    ]
    return countries[0] if len(countries) == 1 else ""


def onboarding_link(*, account: PayoutAccount, refresh_url: str, return_url: str) -> str:
    """Return the payment service's page on which the payee completes their data; good for one visit.

    Must run outside any transaction. Raises Conflict if it gives none, NoClearAnswer if out of reach.
    """
    if not account.external_id:
        raise NotFound(_("there is no payout account yet"))
    try:
        return gateway().onboarding_link(account.external_id, refresh_url=refresh_url, return_url=return_url)
    except NoClearAnswer:
        raise
    except CallError as error:
        raise Conflict(_("the payment service gives no page for this account"), remedy=str(error)) from error


def refresh(*, account: PayoutAccount) -> PayoutAccount:
    """Look the account up at the payment service. Must run outside any transaction. Raises CallError."""
    if not account.external_id:
        return account
    provider_account = gateway().fetch_account(account.external_id)
    with transaction.atomic(durable=True):
        return apply_account(provider_account) or account


def apply_account(provider_account: ProviderAccount) -> PayoutAccount | None:
    """Write down how the payment service has an account. Must run inside a transaction; None: not ours.

    A change of state, or of the bank account behind it, is reported by the outbox event ``CHANGED``.
    """
    account = PayoutAccount.objects.select_for_update().filter(external_id=provider_account.id).first()
    if account is None:
        logger.error("an event of an account that is not ours", extra={"account": provider_account.id})
        return None
    before, fingerprint = account.state, account.fingerprint
    account.state = state_of(provider_account, State(before))
    account.requirements = list(provider_account.requirements_due)
    account.disabled_reason = provider_account.disabled_reason[:120]
    account.fingerprint = provider_account.bank_fingerprint[:120]
    account.checked_at = clock.now()
    account.save(update_fields=["state", "requirements", "disabled_reason", "fingerprint", "checked_at"])
    if account.state != before or account.fingerprint != fingerprint:
        outbox.emit(
            CHANGED,
            {
                "account_id": str(account.id),
                "owner_kind": account.owner_kind,
                "owner_id": str(account.owner_id),
                "tenant_id": str(account.tenant_id),
                "before": before,
                "state": account.state,
            },
            schema="public",
        )
    return account


def state_of(provider_account: ProviderAccount, before: PayoutAccount.State) -> PayoutAccount.State:
    """Return what the payment service's flags mean for us."""
    if provider_account.can_be_paid and provider_account.payouts_enabled:
        return State.ABLE
    if provider_account.disabled_reason.startswith(CLOSED):
        return State.DISABLED
    # What was never complete is not yet able; what was, and is no longer, is restricted.
    return State.PENDING if before == State.PENDING else State.RESTRICTED


def shared_with(owner_id: UUID, tenant_id: UUID) -> set[UUID]:
    """Return the other members of a tenant who are paid to the same bank account as ``owner_id``."""
    own = account_of(OwnerKind.MEMBER, owner_id, tenant_id)
    if own is None or not own.fingerprint:
        return set()
    accounts = PayoutAccount.objects.filter(
        tenant_id=tenant_id, owner_kind=OwnerKind.MEMBER, fingerprint=own.fingerprint
    ).exclude(owner_id=owner_id)
    return set(accounts.values_list("owner_id", flat=True))
