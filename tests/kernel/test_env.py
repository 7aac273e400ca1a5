"""A wrong environment stops the start with a sentence; production refuses what is for development."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "BANYAN_ENV": "production",
    "SECRET_KEY": "k7Jq0" * 12,
    "DATABASE_URL": "postgresql://banyan@db.example/banyan",
    "VALKEY_URL": "redis://:password@valkey.example:6379",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "PLATFORM_HOST": "banyan.example",
    "EMAIL_URL": "smtp://user:password@mail.example:587",
}


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Read the environment in a process of its own."""
    environment = {"PATH": os.environ["PATH"], **variables}
    script = "from config.env import env; print(env.BANYAN_ENV)"
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_complete_production_environment_is_taken() -> None:
    done = start(**PRODUCTION)
    assert (done.returncode, done.stdout.strip()) == (0, "production"), done.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DEBUG": "true"}, "DEBUG must be off"),
        ({"SECRET_KEY": ""}, "SECRET_KEY needs"),
        ({"SECRET_KEY": "for-development-only-" + "0" * 43}, "SECRET_KEY needs"),
        ({"DATABASE_URL": ""}, "embedded one is for development"),
        ({"VALKEY_URL": ""}, "embedded one is for development"),
        ({"PLATFORM_HOST": "localhost"}, "PLATFORM_HOST must be"),
        ({"EMAIL_URL": ""}, "EMAIL_URL must name"),
        ({"STRIPE_SECRET_KEY": "sk_test_sandbox"}, "the sandbox's"),
        (
            {"STRIPE_SECRET_KEY": "", "STRIPE_PUBLISHABLE_KEY": "", "STRIPE_WEBHOOK_SECRET": ""},
            "the payment sandbox is for development",
        ),
        ({"STRIPE_WEBHOOK_SECRET": ""}, "belong together"),
        ({"STRIPE_SECRET_KEY": "sk_test_51H"}, "keys for tests"),
        ({"STRIPE_SECRET_KEY": "rk_test_51H"}, "keys for tests"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_51H"}, "keys for tests"),
        ({"VALKEY_URL": "redis://valkey.example:6379"}, "needs a password"),
        ({"SECRET_KEY_FALLBACKS": "for-development-only-" + "0" * 43}, "SECRET_KEY_FALLBACKS has"),
        ({"EMAIL_URL": "mail.example:587"}, "EMAIL_URL must be like"),
        ({"EMAIL_FROM": "Our shop"}, "EMAIL_FROM must be an address"),
    ],
)
def test_production_refuses_development_parts(change: dict[str, str], sentence: str) -> None:
    done = start(**PRODUCTION | change)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_platform_that_is_paid_by_wechat_alone_needs_no_keys_of_stripe() -> None:
    wechat = {
        f"WECHAT_{name}": "x"
        for name in (
            "MCHID",
            "APPID",
            "PRIVATE_KEY",
            "CERT_SERIAL",
            "API_V3_KEY",
            "PUBLIC_KEY",
            "PUBLIC_KEY_ID",
        )
    }
    done = start(
        **{name: text for name, text in PRODUCTION.items() if not name.startswith("STRIPE_")} | wechat
    )
    assert (done.returncode, done.stdout.strip()) == (0, "production"), done.stderr


def test_a_wrong_value_is_named() -> None:
    done = start(PORT="ninety")
    assert done.returncode == 2
    assert "PORT" in done.stderr
