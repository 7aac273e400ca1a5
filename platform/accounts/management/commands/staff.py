"""``banyan staff``: give somebody an account of the central team."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import roles, services
from kernel.errors import BanyanError


class Command(BaseCommand):
    """Creates the account, or changes role and password of the one with that address."""

    help = "Give somebody an account of the central team's console."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--role", choices=sorted(roles.CENTRAL), default=roles.CENTRAL_ADMIN)
        parser.add_argument("--name", default="")
        parser.add_argument("--password", help="without it, a new account gets one that is printed once")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create or change, and say what was done; exit code 1 and a sentence if it cannot be."""
        try:
            person = services.create_staff(
                email=options["email"],
                role=options["role"],
                name=options["name"],
                password=options["password"],
                acting_user="command line",
            )
        except BanyanError as error:
            raise CommandError(str(error)) from None
        shown = "" if options["password"] else person.password
        if options["json"]:
            facts = {"id": str(person.user.pk), "email": person.user.email, "role": person.user.role}
            self.stdout.write(json.dumps({**facts, "created": person.created, "password": shown}))
            return
        done = "created" if person.created else "changed"
        self.stdout.write(f"{done}: {person.user.email} ({person.user.role})")
        if shown:
            self.stdout.write(f"password (shown once): {shown}")
