"""``banyan demo_catalogue``: load the demo's suppliers and goods, or draw their pictures again."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from catalog.demo.loading import draw_pictures, load


class Command(BaseCommand):
    """Safe to repeat."""

    help = "Load the demo catalogue (suppliers, categories, products, stock)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("--draw", action="store_true", help="draw the pictures and do nothing else")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, draw: bool, **options: Any) -> None:
        """Load or draw, and say what was done."""
        result = {"pictures": draw_pictures()} if draw else asdict(load(acting_user="banyan demo_catalogue"))
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(", ".join(f"{name} {count}" for name, count in result.items()))
