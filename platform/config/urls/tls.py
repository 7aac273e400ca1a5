"""The platform host's answers about tenants, for machines."""

from django.urls import path

from config import tls

urlpatterns = [path("tls-allowed", tls.tls_allowed, name="tls_allowed")]
