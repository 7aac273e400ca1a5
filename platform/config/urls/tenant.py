"""What answers on a tenant's host."""

from django.urls import include, path

from tenants.console.urls import console

urlpatterns = [
    path("console/", console.urls),
    path("api/v1/", include("supply_api.urls")),
    path("", include("config.urls.pictures")),
    path("", include("storefront_theme.urls")),
]
handler403 = "storefront_theme.pages.errors.forbidden"
handler404 = "storefront_theme.pages.errors.not_found"
handler500 = "storefront_theme.pages.errors.failed"
