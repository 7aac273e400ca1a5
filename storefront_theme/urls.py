"""The storefront: everything a tenant's host answers that is neither console nor API."""

from django.urls import include, path

from storefront_theme.views import cart, checkout, goods, look, orders, pay, people

urlpatterns = [
    path("", goods.home, name="home"),
    path("c/", goods.catalogue, name="catalogue"),
    path("c/<slug:slug>/", goods.catalogue, name="category"),
    path("search/", goods.search, name="search"),
    path("p/<slug:supplier_code>/<str:handle>/", goods.product, name="product"),
    path("cart/", cart.show, name="cart"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/lines/<uuid:line_id>/", cart.change, name="cart_change"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("pay/<uuid:payment_id>/", pay.pay, name="pay"),
    path("pay/<uuid:payment_id>/return/", pay.returned, name="pay_return"),
    path("orders/", orders.index, name="orders"),
    path("orders/<str:number>/", orders.show, name="order"),
    path("orders/<str:number>/cancel/", orders.cancel, name="order_cancel"),
    path("orders/<str:number>/receive/", orders.receive, name="order_receive"),
    path("circle/", people.circle, name="circle"),
    path("circle/deposit/", people.deposit, name="deposit"),
    path("circle/code/", people.invitation, name="invitation"),
    path("share/", people.share, name="share"),
    path("share/qr.svg", people.share_qr, name="share_qr"),
    path("share/poster.svg", people.share_poster, name="share_poster"),
    path("me/", people.profile, name="profile"),
    path("me/export/", people.export, name="export"),
    path("account/", include("allauth.account.urls")),
    path("language/", look.set_language, name="set_language"),
    path("theme.css", look.theme_css, name="theme_css"),
    path("brand/logo.svg", look.logo_svg, name="logo"),
    path("favicon.ico", look.logo_svg),
    path("manifest.webmanifest", look.manifest, name="manifest"),
    path("sw.js", look.service_worker, name="service_worker"),
    path("offline/", look.offline, name="offline"),
]
