from django.urls import path

from storefront_theme.in_app import pages

urlpatterns = [
    path("", pages.enter, name="in_app"),
    path("back/", pages.back, name="in_app_back"),
    path("pay/", pages.pay, name="in_app_pay"),
]
