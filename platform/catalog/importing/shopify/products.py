"""Importing a Shopify product export."""

from functools import partial

from catalog.importing.products import Reader, import_with
from catalog.importing.shopify.columns import recognise
from catalog.importing.shopify.rows import read_product

import_products = partial(import_with, Reader(recognise, read_product))
"""See ``products.import_with``."""
