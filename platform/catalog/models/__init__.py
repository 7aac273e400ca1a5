"""The shared catalogue: suppliers, products, variants, prices per currency, stock, freight, changes.

Everything lives in "public". Amounts are minor units of the row's currency.
"""

from catalog.allocations.models import Allocation
from catalog.categories.models import Category
from catalog.feed.models import CatalogueChange, FeedEntry, FeedMark
from catalog.importing.models import ColumnMapping, ImportRun
from catalog.licences.models import Licence
from catalog.pictures.models import Media
from catalog.products.models import Price, Product, SellingPoint, Variant
from catalog.regions.models import Region
from catalog.shipping.models import ShippingRate, ShippingTemplate
from catalog.stock.models import Reservation, Stock, StockToken
from catalog.suppliers.models import Branch, LicenceKind, Supplier

__all__ = [
    "Allocation",
    "Branch",
    "CatalogueChange",
    "Category",
    "ColumnMapping",
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
