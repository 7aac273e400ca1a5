"""The sandbox of these settings. Refuses to exist where real payments are."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from billing.payments.sandbox.server import Options, Sandbox


def make() -> Sandbox:
    """Return the sandbox of these settings. Raises ImproperlyConfigured where payments go to Stripe."""
    if not settings.PAYMENT_SANDBOX:
        raise ImproperlyConfigured("the payment sandbox does not run where STRIPE_* name the real one")
    port = settings.PUBLIC_PORT or ":80"
    return Sandbox(
        Options(
            folder=Path(settings.BANYAN_VAR) / "sandbox",
            secret_key=settings.STRIPE_SECRET_KEY,
            webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
            webhook_url=f"http://127.0.0.1{port}/webhooks/stripe",
            webhook_host=f"{settings.PLATFORM_HOST}{port}",
        )
    )
