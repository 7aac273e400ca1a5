"""Importing a Shopify product export."""

from functools import partial

from catalog.importing.products import Reader, import_with
from catalog.importing.shopify.columns import recognise
from catalog.importing.shopify.rows import read_product, variant_name

READER = Reader(recognise, read_product, variant_name)
import_products = partial(import_with, READER)
"""See ``products.import_with``."""
