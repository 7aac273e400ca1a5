"""The platform host's answers about tenants, for machines."""

from django.urls import path

from tenants.registry import views

urlpatterns = [path("tls-allowed", views.tls_allowed, name="tls_allowed")]
