"""``banyan demo_catalogue``: load the demo's suppliers and products."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from catalog.demo.loading import load_demo_catalogue


class Command(BaseCommand):
    """Safe to repeat."""

    help = "Load the demo catalogue (suppliers, categories, products, stock)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def handle(self, **options: Any) -> None:
        """Load, and print what was loaded."""
        result = asdict(load_demo_catalogue(acting_user="banyan demo_catalogue"))
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(", ".join(f"{name} {count}" for name, count in result.items()))
