"""Importing a Shopify product export."""

from functools import partial

from catalog.importing.columns import recognise
from catalog.importing.product_rows import read_product
from catalog.importing.products import Reader, import_with

import_products = partial(import_with, Reader(recognise, read_product))
"""See ``products.import_with``."""
