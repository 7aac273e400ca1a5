"""Setting the stage: the service running, goods on the shelf, suppliers able to be paid, three shops open."""

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
from accounts import services as accounts
from billing.payouts.accounts import services as account_services
from catalog.demo.loading import load_demo_catalogue
from catalog.models import Supplier
from config.demo import cast, people
from config.env import env
from kernel.processes import die_with_parent
from kernel.supervisor import only_one
from kernel.tenancy import in_tenant
from tenants.registry import schemas
from tenants.registry import services as registry
from tenants.registry.selectors import ready_schemas
from tenants.registry.services import SpawnResult

Say = Callable[[str], None]
START_SECONDS = 180


@contextmanager
def running_service(say: Say) -> Iterator[None]:
    """Start the whole service and stop it in the end; one that runs already is used and left alone."""
    ready = Path(settings.BANYAN_VAR) / "run" / "demo.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    with only_one(env.BANYAN_VAR / "up.lock") as free:
        pass
    if not free:
        say("the service is running already")
        yield
        return
    log = Path(settings.BANYAN_VAR) / "log" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        house = subprocess.Popen(
            [sys.executable, "-m", "config.cli", "up", "--ready-file", str(ready)],
            stdout=output,
            stderr=output,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if house.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service did not start; see {log}:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        house.send_signal(signal.SIGTERM)
        house.wait(60)


def stock_shelves(say: Say) -> None:
    """Load the demo catalogue, let every supplier open a payout account, give people their keys."""
    load_demo_catalogue()
    suppliers = list(Supplier.objects.order_by("code"))
    for supplier in suppliers:
        account_services.open_account(owner=account_services.supplier_owner(supplier), acting_user="demo")
        accounts.create_supplier_user(
            email=supplier_email(supplier),
            password=cast.PASSWORD,
            supplier_id=supplier.id,
            acting_user="demo",
        )
    accounts.create_staff(
        email=cast.CENTRAL, password=cast.PASSWORD, role=roles.CENTRAL_ADMIN, acting_user="demo"
    )
    say(f"{len(suppliers)} suppliers, each with a payout account")


def supplier_email(supplier: Supplier) -> str:
    """Return the address a supplier's person signs in with."""
    return f"{supplier.code}@supplier.example"


def open_shops() -> list[SpawnResult]:
    """Spawn the three shops from their documents; shops that stand already stay as they are.

    On a platform minutes old the pool of schemas may still be filling: then this waits for it, as nobody
    who spawns a shop later will have to.
    """
    people.wait(
        lambda: bool(schemas.fill_pool(len(cast.SHOPS))) or ready_schemas() >= len(cast.SHOPS), "schemas"
    )
    spawned = [registry.spawn(document=cast.blueprint(shop), acting_user="demo") for shop in cast.SHOPS]
    for result in spawned:
        owner = people.owner_of(result.tenant)
        owner.set_password(cast.PASSWORD)
        with in_tenant(result.tenant):
            owner.save(update_fields=["password"])
    return spawned
