"""What the demo needs before its story: a running service, a catalogue with suppliers, three open shops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from accounts import roles
from accounts import services as user_services
from billing.payouts.accounts import services as payout_account_services
from catalog.demo.loading import load_demo_catalogue
from catalog.models import Supplier
from config.demo import actions, people
from config.env import env
from kernel.processes.children import die_with_parent
from kernel.processes.supervisor import only_one
from kernel.tenancy import in_tenant
from tenants.registry import schemas
from tenants.registry import services as registry_services
from tenants.registry.selectors import ready_schemas
from tenants.registry.services import SpawnResult

Progress = Callable[[str], None]
"""Takes a sentence about what has just happened."""


@contextmanager
def running_service(report_progress: Progress) -> Iterator[None]:
    """Start the whole service and stop it in the end; one that runs already is used and left alone.

    The start may take as long as it takes: ``banyan up`` ends by itself if it cannot go on.
    """
    ready = Path(settings.BANYAN_VAR) / "run" / "demo.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    with only_one(env.BANYAN_VAR / "up.lock") as is_free:
        pass
    if not is_free:
        report_progress("the service is running already")
        yield
        return
    log = Path(settings.BANYAN_VAR) / "log" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        service = subprocess.Popen(
            [sys.executable, "-m", "config.cli", "up", "--ready-file", str(ready)],
            stdout=output,
            stderr=output,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        while not ready.exists():
            if service.poll() is not None:
                raise RuntimeError(f"the service did not start; see {log}:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()


def load_suppliers(report_progress: Progress) -> None:
    """Load the demo catalogue; give each supplier a payout account and an account of the portal."""
    load_demo_catalogue()
    suppliers = list(Supplier.objects.order_by("code"))
    for supplier in suppliers:
        payout_account_services.open_account(
            owner=payout_account_services.supplier_owner(supplier), country="CN", acting_user="demo"
        )
        issued = user_services.invite_supplier_user(
            email=people.supplier_email(supplier), supplier_id=supplier.id, acting_user="demo"
        )
        user_services.accept_invitation(token=issued.token, password=people.PASSWORD)
    user_services.create_staff(
        email=people.CENTRAL_EMAIL, password=people.PASSWORD, role=roles.CENTRAL_ADMIN, acting_user="demo"
    )
    report_progress(f"{len(suppliers)} suppliers, each with a payout account")


def open_shops() -> list[SpawnResult]:
    """Spawn the three shops from their documents; shops that exist already stay as they are.

    On a platform minutes old the pool of schemas may still be filling: then this waits for it, as nobody
    who spawns a shop later will have to.
    """
    actions.wait_until(
        lambda: bool(schemas.fill_pool(len(people.SHOPS))) or ready_schemas() >= len(people.SHOPS), "schemas"
    )
    spawned = [
        registry_services.spawn(document=people.blueprint(shop), acting_user="demo") for shop in people.SHOPS
    ]
    for result in spawned:
        owner = actions.owner_of(result.tenant)
        owner.set_password(people.PASSWORD)
        with in_tenant(result.tenant):
            owner.save(update_fields=["password"])
    return spawned
