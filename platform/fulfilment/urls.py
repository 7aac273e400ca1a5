"""The suppliers' portal, on the platform's host only."""

from django.urls import path
from django.views.i18n import set_language

from fulfilment import views

app_name = "portal"
urlpatterns = [
    path("", views.orders, name="orders"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/ship/", views.ship, name="ship"),
    path("orders.csv", views.download, name="download"),
    path("import/", views.import_numbers, name="import"),
    path("goods/", views.goods, name="goods"),
    path("goods/<uuid:variant_id>/stock/", views.set_stock, name="set_stock"),
    path("password/", views.change_password, name="password"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("language/", set_language, name="language"),
]
