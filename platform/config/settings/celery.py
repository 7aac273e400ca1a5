"""Celery: work that is safe to repeat, and the beat that repeats it."""

from celery.schedules import crontab

from config.env import env
from config.settings.data import valkey

_broker = valkey(0)
CELERY_BROKER_URL = _broker.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TENANT_CACHE_SECONDS = 60
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_TASK_SERIALIZER = "json"
CELERY_BEAT_SCHEDULE_FILENAME = str(env.BANYAN_VAR / "celerybeat")
CELERY_BEAT_SCHEDULE = {
    "look at the circles": {
        "task": "tenants.console.tasks.watch_circles",
        "schedule": crontab(hour="19", minute="10"),
    },
    "relay the outbox": {"task": "kernel.tasks.relay_outbox", "schedule": 2.0},
    "keep schemas ready": {"task": "tenants.registry.tasks.fill_pool", "schedule": 15.0},
    "keep up with the catalogue": {"task": "catalog.tasks.keep_up", "schedule": 5.0},
    "check licences": {"task": "catalog.tasks.check_licences", "schedule": 900.0},
    "look after the catalogue": {"task": "catalog.tasks.look_after", "schedule": 30.0},
    "close gates that are due": {"task": "selection.tasks.look_after", "schedule": 60.0},
    "sweep the webhook inbox": {"task": "billing.payments.tasks.handle_inbox", "schedule": 5.0},
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
