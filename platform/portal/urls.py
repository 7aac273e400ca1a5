"""The suppliers' portal, on the platform's host only."""

from django.urls import path
from django.views.i18n import set_language

from portal import cases, directory, orders, sign_in, vouchers

app_name = "portal"
urlpatterns = [
    path("", orders.orders, name="orders"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/ship/", orders.ship, name="ship"),
    path("orders/<uuid:order_id>/out-of-stock/", orders.out_of_stock, name="out_of_stock"),
    path("vouchers/", vouchers.counter, name="vouchers"),
    path("vouchers/redeem/", vouchers.redeem, name="redeem"),
    path("vouchers/redemptions/<uuid:redemption_id>/undo/", vouchers.undo, name="undo_redemption"),
    path("vouchers/offline.csv", vouchers.offline_list, name="vouchers_offline"),
    path("vouchers/offline/", vouchers.redeem_offline, name="redeem_offline"),
    path("cases/", cases.index, name="cases"),
    path("cases/<uuid:case_id>/", cases.case, name="case"),
    path("cases/<uuid:case_id>/act/", cases.act, name="case_act"),
    path("cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp", cases.picture, name="case_picture"),
    path("orders/<uuid:order_id>/slip.pdf", orders.packing_slip, name="packing_slip"),
    path("orders.pdf", orders.packing_slips, name="packing_slips"),
    path("directory/", directory.index, name="directory"),
    path("orders.csv", orders.download, name="download"),
    path("import/", orders.import_numbers, name="import"),
    path("goods/", orders.goods, name="goods"),
    path("goods/<uuid:variant_id>/stock/", orders.set_stock, name="set_stock"),
    path("password/", sign_in.change_password, name="password"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("code/", sign_in.code, name="code"),
    path("second-factor/", sign_in.set_second_factor, name="second_factor"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("language/", set_language, name="language"),
]
