from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from supply_api import api, description, problems

app_name = "supply_api"
urlpatterns = [
    path("catalogue", api.Catalogue.as_view(), name="catalogue"),
    path("catalogue/<uuid:product_id>", api.CatalogueProduct.as_view(), name="product"),
    path("balance", api.BalanceEndpoint.as_view(), name="balance"),
    path("orders", api.Orders.as_view(), name="orders"),
    path("orders/<str:number>", api.OneOrder.as_view(), name="order"),
    path("openapi.json", description.OpenApi.as_view(), name="openapi"),
    path("docs/", description.documentation, name="docs"),
    re_path(r"^(?P<path>.*)$", csrf_exempt(problems.nothing_here), name="nothing"),
]
