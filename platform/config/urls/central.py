"""What answers on the platform's own host."""

from django.urls import include, path

from central.urls import central

urlpatterns = [
    path("console/", central.urls),
    path("portal/", include("portal.urls")),
    path("webhooks/", include("config.urls.webhooks")),
    path("wechat/", include("storefront_theme.in_app.urls")),
    path("", include("config.urls.tls")),
    path("", include("config.urls.pictures")),
    path("", include("config.urls.health")),
]
