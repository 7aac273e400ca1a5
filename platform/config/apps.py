from django.apps import AppConfig

from config.celery import app as celery_app


class ConfigConfig(AppConfig):
    """Loads the Celery application with Django, so that a task sent anywhere finds its broker."""

    name = "config"
    celery = celery_app
