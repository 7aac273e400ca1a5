from django.urls import path

from billing.payments import in_app

urlpatterns = [
    path("", in_app.enter, name="in_app"),
    path("back/", in_app.back, name="in_app_back"),
    path("pay/", in_app.pay, name="in_app_pay"),
]
