"""``banyan demo``: three shops come to life on one supply chain, and the story of a day is played."""

import json
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from rich.console import Console
from rich.panel import Panel

from config.demo import cast, people, report, stage, story
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

            def say(text: str) -> None:
                status.update(text)
                console.print(f"[green]·[/] {text}")

            with stage.running_service(say):
                say("the service runs: PostgreSQL, Valkey, web, workers, payment sandbox")
                stage.stock_shelves(say)
                spawned = stage.open_shops()
                for result in spawned:
                    say(f"{people.host_of(result.tenant)}: open after {result.milliseconds:.0f} ms")
                told = story.tell(say)
                result_json = report.as_json(told, spawned)
                status.stop()
                self._print(console, result_json, as_json=json)
                if not once:
                    self._leave_running(console)
        if not all(check["ok"] for check in result_json["checks"]):
            sys.exit(1)

    def _print(self, console: Console, result: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            report.show(console, result)

    def _leave_running(self, console: Console) -> None:
        shops = "\n".join(
            f"  http://{shop}.localhost:{env.PORT}/          owner@{shop}.example at /console/"
            for shop in cast.SHOPS
        )
        console.print(
            Panel(
                f"{shops}\n"
                f"  http://{env.PLATFORM_HOST}:{env.PORT}/console/   {cast.CENTRAL}\n"
                f"  http://{env.PLATFORM_HOST}:{env.PORT}/portal/    <supplier>@supplier.example\n"
                f"  http://127.0.0.1:{env.SANDBOX_PORT}/            what the payment sandbox saw\n"
                f"Every password is {cast.PASSWORD}. Ctrl-C stops everything.",
                title="Look around",
            )
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("stopping")
