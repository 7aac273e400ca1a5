"""Celery: schemas are made before anybody waits for them."""

import logging

from celery import current_app, shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from tenants.registry import schemas

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def fill_pool() -> int:
    """Make ready schemas until settings.READY_SCHEMAS wait; returns how many were made."""
    return schemas.fill_pool(settings.READY_SCHEMAS)


def ask_for_refill() -> None:
    """Ask a worker to fill the pool soon; the beat does so anyway."""
    try:
        current_app.send_task("tenants.registry.tasks.fill_pool", ignore_result=True, retry=False)
    except OperationalError:
        logger.warning("no broker: the pool of ready schemas is filled by the next beat")
