"""The shared catalogue: suppliers, products, variants, prices per currency, stock, freight, changes.

Everything lives in "public". Amounts are minor units of the row's currency.
"""

from catalog.models.allocations import Allocation
from catalog.models.changes import CatalogueChange, FeedEntry, FeedMark
from catalog.models.imports import ImportRun
from catalog.models.products import Category, Media, Price, Product, SellingPoint, Variant
from catalog.models.shipping import ShippingRate, ShippingTemplate
from catalog.models.stock import Reservation, Stock, StockToken
from catalog.models.suppliers import Branch, Licence, LicenceKind, Region, Supplier

__all__ = [
    "Allocation",
    "Branch",
    "CatalogueChange",
    "Category",
    "FeedEntry",
    "FeedMark",
    "ImportRun",
    "Licence",
    "LicenceKind",
    "Media",
    "Price",
    "Product",
    "Region",
    "Reservation",
    "SellingPoint",
    "ShippingRate",
    "ShippingTemplate",
    "Stock",
    "StockToken",
    "Supplier",
    "Variant",
]
