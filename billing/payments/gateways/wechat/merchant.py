"""Who we are at WeChat Pay: the merchant's keys, from the settings or from the sandbox."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from billing.payments.gateways.wechat.keys import Keys
from billing.payments.sandbox.wechat import keys as sandbox_keys


def sandbox_folder() -> Path:
    """Return where the sandbox keeps its data, the merchant's keys among it."""
    return Path(settings.BANYAN_VAR) / "sandbox"


def keys() -> Keys:
    """Return the keys in the settings, or those of the sandbox's stand-in.

    Raises ImproperlyConfigured that names what is missing.
    """
    if settings.PAYMENT_SANDBOX:
        return sandbox_keys.ensure(sandbox_folder())
    names = ("MCHID", "APPID", "PRIVATE_KEY", "CERT_SERIAL", "API_V3_KEY", "PUBLIC_KEY", "PUBLIC_KEY_ID")
    values = {name.lower(): getattr(settings, f"WECHAT_{name}").strip() for name in names}
    if missing := [f"WECHAT_{name.upper()}" for name, value in values.items() if not value]:
        raise ImproperlyConfigured(f"{', '.join(missing)} must be set where shops are paid by WeChat Pay")
    return Keys(**values)
