"""``banyan sandbox``: the stand-in for Stripe, until Ctrl-C."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Serves the payment sandbox on 127.0.0.1; what it knows is kept under var/sandbox."""

    help = "Serve the payment sandbox that stands in for Stripe (never in production)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port is the only choice."""
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *_args: Any, port: int, **_options: Any) -> None:
        """Become granian, so that signals reach it."""
        if not settings.PAYMENT_SANDBOX:
            raise CommandError(
                "the sandbox is for development: STRIPE_* are set, so payments go to Stripe", returncode=2
            )
        options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4"]
        target = "billing.payments.sandbox.wsgi:application"
        os.execv(  # noqa: S606 - our own interpreter, our own arguments
            sys.executable,
            [sys.executable, "-m", "granian", "--interface", "wsgi", *options, "--no-ws", target],
        )
