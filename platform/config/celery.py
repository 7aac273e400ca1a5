"""The Celery application: tasks of all apps, run in the schema they were sent from, and the beat."""

import os
from typing import Any

from celery import signals
from celery.schedules import crontab
from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = CeleryApp("banyan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_scheduler = "config.beat:LivingScheduler"
app.conf.beat_schedule = {
    "look at the circles": {
        "task": "tenants.concentration.tasks.watch_circles",
        "schedule": crontab(hour="19", minute="10"),
    },
    "relay the outbox": {"task": "kernel.tasks.relay_outbox", "schedule": 2.0},
    "keep schemas ready": {"task": "tenants.registry.tasks.fill_pool", "schedule": 15.0},
    "keep up with the catalogue": {"task": "catalog.tasks.keep_up", "schedule": 5.0},
    "check licences": {"task": "catalog.tasks.check_licences", "schedule": 900.0},
    "look after the catalogue": {"task": "catalog.tasks.look_after", "schedule": 30.0},
    "close gates that are due": {"task": "selection.tasks.look_after", "schedule": 60.0},
    "send mails": {"task": "kernel.tasks.send_mails", "schedule": 5.0},
    "forget old mails": {"task": "kernel.tasks.forget_old_mails", "schedule": 3600.0},
    "sweep the webhook inbox": {"task": "kernel.tasks.handle_inbox", "schedule": 5.0},
    "ask about plans": {"task": "billing.plans.tasks.sync_stale", "schedule": 600.0},
    "look after open payments": {"task": "billing.payments.tasks.sweep_payments", "schedule": 30.0},
    "fold the ledger's hot accounts": {"task": "billing.ledger.tasks.fold_entries", "schedule": 300.0},
    "look at the invariants": {"task": "billing.watch.tasks.sweep", "schedule": 900.0},
    "reconcile with the provider": {
        "task": "billing.watch.tasks.reconcile",
        "schedule": crontab(hour="20", minute="30"),
    },
    "pay suppliers the same day": {"task": "billing.payouts.tasks.pay_due", "schedule": 5.0},
}


@signals.heartbeat_sent.connect
def say_worker_lives(**_about: Any) -> None:
    """Let a running worker be seen; Celery calls this every two seconds."""
    # Apps are not ready when this module is loaded with them.
    from kernel import heartbeats

    heartbeats.give("worker")


@signals.worker_init.connect
def refuse_owner(**_about: Any) -> None:
    """Let no worker begin that could switch off the database's rules."""
    # As above.
    from config import readiness

    readiness.refuse_owner()
