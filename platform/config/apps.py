import django_stubs_ext
from django.apps import AppConfig

from config.celery import app as celery_app

# ModelForm[Model] and its like are written for the type checker; this lets them run. It comes before any
# models, but not with the settings: it loads forms and views.
django_stubs_ext.monkeypatch()


class ConfigConfig(AppConfig):
    """Loads the Celery application with Django, so that a task sent anywhere finds its broker."""

    name = "config"
    celery = celery_app
