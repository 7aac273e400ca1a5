"""``banyan retire HOST``: close a shop, keep its data in a zip, free its host."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.errors import BanyanError
from kernel.texts.translated import pick
from tenants.registry import services
from tenants.registry.models import Tenant
from tenants.registry.selectors import find_by_host


class Command(BaseCommand):
    """Asks for the host once more unless given --yes; there is no way back but the zip."""

    help = "Retire a tenant: free its hosts, export its data to a zip, drop its schema; money stays booked."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant", metavar="HOST", help="a host of the shop, or its schema name")
        parser.add_argument(
            "--export-to", type=Path, default=Path(settings.BANYAN_VAR) / "retired", metavar="FOLDER"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Retire; exit code 1 and a sentence if there is no such tenant."""
        name = options["tenant"]
        tenant = find_by_host(name) or Tenant.objects.filter(schema_name=name).first()
        if tenant is None:
            raise CommandError(f"no shop has the host or schema {name}")
        if (
            not options["yes"]
            and input(f"Close {pick(tenant.name)} for good? Type {name} again: ").strip() != name
        ):
            raise CommandError("nothing was changed")
        try:
            archive = services.retire(
                tenant=tenant, export_to=options["export_to"], acting_user="command line"
            )
        except BanyanError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"tenant": str(tenant.pk), "archive": str(archive)}))
        else:
            self.stdout.write(f"closed; its data is in {archive}")
