from django.urls import path

from billing.payments import views
from billing.payments.gateway import GATEWAYS

urlpatterns = [path(name, views.webhook, {"source": name}, name=f"{name}_webhook") for name in GATEWAYS]
