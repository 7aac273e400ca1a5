"""What answers on the platform's own host."""

from django.contrib import admin
from django.urls import include, path

from accounts.sites import central

admin.autodiscover()
urlpatterns = [
    path("console/", central.urls),
    path("portal/statements/", include("billing.payouts.urls")),
    path("portal/proposals/", include("fulfilment.proposal_urls")),
    path("portal/", include("fulfilment.urls")),
    path("webhooks/", include("billing.payments.urls")),
    path("wechat/", include("billing.payments.in_app_urls")),
    path("", include("tenants.registry.urls")),
    path("", include("catalog.urls")),
    path("", include("kernel.urls")),
]
