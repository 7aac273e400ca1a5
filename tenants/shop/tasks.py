"""Celery: previews of rules, which take longer than a page may."""

from celery import shared_task

from tenants.shop.previews import services as preview_services


@shared_task(ignore_result=True)
def make_preview(schema: str, job: str) -> None:
    """Make the preview that was asked for. Again: nothing more."""
    preview_services.run(schema, job)
