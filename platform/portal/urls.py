"""Every page of the suppliers' portal, on the platform's host only."""

from django.urls import path
from django.views.i18n import set_language

from portal.cases import screens as case_screens
from portal.directory import screens as directory_screens
from portal.goods import screens as goods_screens
from portal.orders import screens as order_screens
from portal.proposals import screens as proposal_screens
from portal.sign_in import screens as sign_in_screens
from portal.statements import screens as statement_screens
from portal.vouchers import screens as voucher_screens

app_name = "portal"
urlpatterns = [
    path("", order_screens.orders, name="orders"),
    path("orders/<uuid:order_id>/", order_screens.order, name="order"),
    path("orders/<uuid:order_id>/ship/", order_screens.ship, name="ship"),
    path("orders/<uuid:order_id>/out-of-stock/", order_screens.out_of_stock, name="out_of_stock"),
    path("orders/<uuid:order_id>/slip.pdf", order_screens.packing_slip, name="packing_slip"),
    path("orders.pdf", order_screens.packing_slips, name="packing_slips"),
    path("orders.csv", order_screens.orders_file, {"kind": "csv"}, name="download_csv"),
    path("orders.xlsx", order_screens.orders_file, {"kind": "xlsx"}, name="download"),
    path(
        "orders/<uuid:order_id>/parcels/<uuid:shipment_id>/",
        order_screens.correct_parcel,
        name="correct_parcel",
    ),
    path("import/", order_screens.import_numbers, name="import"),
    path("goods/", goods_screens.goods, name="goods"),
    path("goods/<uuid:variant_id>/stock/", goods_screens.set_stock, name="set_stock"),
    path("vouchers/", voucher_screens.counter, name="vouchers"),
    path("vouchers/redeem/", voucher_screens.redeem, name="redeem"),
    path("vouchers/redemptions/<uuid:redemption_id>/undo/", voucher_screens.undo, name="undo_redemption"),
    path("vouchers/offline.csv", voucher_screens.offline_list, name="vouchers_offline"),
    path("vouchers/offline/", voucher_screens.redeem_offline, name="redeem_offline"),
    path("cases/", case_screens.cases, name="cases"),
    path("cases/<uuid:case_id>/", case_screens.case, name="case"),
    path("cases/<uuid:case_id>/act/", case_screens.act, name="case_act"),
    path("cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp", case_screens.picture, name="case_picture"),
    path("proposals/", proposal_screens.proposals, name="proposals"),
    path("proposals/new/", proposal_screens.propose, name="propose"),
    path("proposals/<uuid:proposal_id>/", proposal_screens.proposal, name="proposal"),
    path("proposals/screenshots/<uuid:evidence_id>/", proposal_screens.screenshot, name="screenshot"),
    path("statements/", statement_screens.statement, name="statement"),
    path("statements/month.csv", statement_screens.statement_csv, name="statement_csv"),
    path("statements/month.pdf", statement_screens.statement_pdf, name="statement_pdf"),
    path("statements/account/", statement_screens.open_account, name="account"),
    path("statements/account/go/", statement_screens.complete_account, name="account_go"),
    path("statements/account/return/", statement_screens.account_returned, name="account_return"),
    path("directory/", directory_screens.directory, name="directory"),
    path("sign-in/", sign_in_screens.sign_in, name="sign_in"),
    path("code/", sign_in_screens.code, name="code"),
    path("second-factor/", sign_in_screens.set_second_factor, name="second_factor"),
    path("password/", sign_in_screens.change_password, name="password"),
    path("sign-out/", sign_in_screens.sign_out, name="sign_out"),
    path("language/", set_language, name="language"),
]
