"""The platform host's own pages."""

from django.urls import path

from config import health

urlpatterns = [
    path("", health.front_page, name="front_page"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.figures, name="metrics"),
]
