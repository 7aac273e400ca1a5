"""``banyan demo``: three shops are opened on one supply chain, and the story of a day is played."""

import json
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from rich.console import Console
from rich.panel import Panel

from config.demo import actions, people, report, setup, story
from config.env import env


class Command(BaseCommand):
    """Play the demo; with --once stop in the end, otherwise leave everything running to look at."""

    help = "Start everything, open three shops, play a day's story and print where each cent went."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the flags."""
        parser.add_argument("--once", action="store_true", help="stop the service in the end")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")

    def handle(self, *_args: Any, once: bool, json: bool, **_options: Any) -> None:
        """Run; exits with 1 if a check fails."""
        console = Console(stderr=json)
        with translation.override("zh-hans" if not json else "en"), console.status("starting") as status:

            def show_progress(text: str) -> None:
                status.update(text)
                console.print(f"[green]·[/] {text}")

            with setup.running_service(show_progress):
                show_progress("the service runs: PostgreSQL, Valkey, web, workers, payment sandbox")
                setup.load_suppliers(show_progress)
                spawned = setup.open_shops()
                for result in spawned:
                    show_progress(
                        f"{actions.host_of(result.tenant)}: open after {result.milliseconds:.0f} ms"
                    )
                facts = report.as_json(story.play(show_progress), spawned)
                status.stop()
                self._print(console, facts, as_json=json)
                if not once:
                    self._leave_running(console)
        if not all(check["ok"] for check in facts["checks"]):
            sys.exit(1)

    def _print(self, console: Console, facts: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2))
        else:
            report.show(console, facts)

    def _leave_running(self, console: Console) -> None:
        shops = "\n".join(
            f"  http://{shop}.localhost:{env.PORT}/          owner@{shop}.example at /console/"
            for shop in people.SHOPS
        )
        console.print(
            Panel(
                f"{shops}\n"
                f"  http://{env.PLATFORM_HOST}:{env.PORT}/console/   {people.CENTRAL_EMAIL}\n"
                f"  http://{env.PLATFORM_HOST}:{env.PORT}/portal/    <supplier>@supplier.example\n"
                f"  http://127.0.0.1:{env.SANDBOX_PORT}/            what the payment sandbox saw\n"
                f"Every password is {people.PASSWORD}. Ctrl-C stops everything.",
                title="Look around",
            )
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("stopping")
