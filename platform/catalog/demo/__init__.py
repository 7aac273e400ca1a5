"""The demo catalogue: six suppliers and their products in two languages; pictures are static files."""
