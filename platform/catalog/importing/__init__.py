"""Bringing suppliers' files into the catalogue.

A file is read row by row (table), its columns are recognised (columns), the rows of one product
become an IncomingProduct or errors (shopify, plain), products are copied into temporary tables and
written from there by a few statements over all of them (staging).
"""
