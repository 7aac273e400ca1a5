"""The suppliers' portal, on the platform's host only."""

from django.urls import path
from django.views.i18n import set_language

from fulfilment import case_views, directory_views, door_views, views, voucher_views

app_name = "portal"
urlpatterns = [
    path("", views.orders, name="orders"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/ship/", views.ship, name="ship"),
    path("orders/<uuid:order_id>/out-of-stock/", views.out_of_stock, name="out_of_stock"),
    path("vouchers/", voucher_views.counter, name="vouchers"),
    path("vouchers/redeem/", voucher_views.redeem, name="redeem"),
    path("vouchers/redemptions/<uuid:redemption_id>/undo/", voucher_views.undo, name="undo_redemption"),
    path("vouchers/offline.csv", voucher_views.offline_list, name="vouchers_offline"),
    path("vouchers/offline/", voucher_views.redeem_offline, name="redeem_offline"),
    path("cases/", case_views.index, name="cases"),
    path("cases/<uuid:case_id>/", case_views.case, name="case"),
    path("cases/<uuid:case_id>/act/", case_views.act, name="case_act"),
    path("cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp", case_views.picture, name="case_picture"),
    path("orders/<uuid:order_id>/slip.pdf", views.packing_slip, name="packing_slip"),
    path("orders.pdf", views.packing_slips, name="packing_slips"),
    path("directory/", directory_views.index, name="directory"),
    path("orders.csv", views.download, name="download"),
    path("import/", views.import_numbers, name="import"),
    path("goods/", views.goods, name="goods"),
    path("goods/<uuid:variant_id>/stock/", views.set_stock, name="set_stock"),
    path("password/", door_views.change_password, name="password"),
    path("sign-in/", door_views.sign_in, name="sign_in"),
    path("code/", door_views.code, name="code"),
    path("second-factor/", door_views.set_second_factor, name="second_factor"),
    path("sign-out/", door_views.sign_out, name="sign_out"),
    path("language/", set_language, name="language"),
]
