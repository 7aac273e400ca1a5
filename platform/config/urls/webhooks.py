from django.urls import path

from billing.payments.gateway import GATEWAYS
from config import webhooks

urlpatterns = [path(name, webhooks.webhook, {"source": name}, name=f"{name}_webhook") for name in GATEWAYS]
