"""What only people and tests do: break requests, dispute, disable, set the clock forward."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, request

from billing.payments.sandbox.store import Store
from billing.payments.sandbox.stripe.billing import subscriptions
from billing.payments.sandbox.stripe.connect import accounts, payouts
from billing.payments.sandbox.stripe.faults import Fault
from billing.payments.sandbox.stripe.payments import disputes

CONTROLS: dict[str, Callable[[Store, str], Any]] = {
    "charges/dispute": lambda store, charge_id: disputes.create(
        store,
        charge_id,
        reason=request.form.get("reason", "fraudulent"),
        is_inquiry=request.form.get("inquiry") == "yes",
    ),
    "disputes/win": lambda store, dispute_id: disputes.close(store, dispute_id, won=True),
    "disputes/lose": lambda store, dispute_id: disputes.close(store, dispute_id, won=False),
    "accounts/disable": accounts.disable,
    "accounts/enable": accounts.enable,
    "accounts/instant": accounts.allow_instant,
    "accounts/bank": lambda store, account_id: accounts.set_bank(
        store, account_id, request.form.get("number", "")
    ),
    "payouts/fail": payouts.fail,
}


def tick(store: Store) -> None:
    """Do what the time that passed brings with it."""
    payouts.tick(store)
    subscriptions.tick(store)


def blueprint(store: Store, wake: Callable[[], None]) -> Blueprint:
    """Return the controls under /sandbox; ``wake`` has what happened delivered."""
    controls = Blueprint("controls", __name__)

    def done() -> Any:
        wake()
        # A browser's form goes back to where it was; a test gets no page.
        return redirect(request.form["back"]) if request.form.get("back") else Response(status=204)

    def faults() -> Any:
        """Break requests: ``path``, ``moment`` before|after (writes) or refused (reads), ``times``."""
        with store.transaction():
            store.add_fault(
                request.form["path"], request.form.get("moment", "after"), int(request.form.get("times", 1))
            )
        return Response(status=204)

    def clock() -> Any:
        """Set the clock forward by ``seconds`` or ``days``."""
        seconds = int(request.form.get("seconds", 0)) + 86_400 * int(request.form.get("days", 0))
        with store.transaction():
            store.advance(max(0, seconds))
            tick(store)
        return done()

    def control(kind: str, thing_id: str, act: str) -> Any:
        run = CONTROLS.get(f"{kind}/{act}")
        if run is None:
            return Response("There is no such control.", 404, content_type="text/plain")
        try:
            with store.transaction():
                run(store, thing_id)
        except Fault as error:
            return Response(str(error), error.status, content_type="text/plain")
        return done()

    controls.add_url_rule("/sandbox/faults", view_func=faults, methods=["POST"])
    controls.add_url_rule("/sandbox/clock", view_func=clock, methods=["POST"])
    controls.add_url_rule("/sandbox/<kind>/<thing_id>/<act>", view_func=control, methods=["POST"])
    return controls
