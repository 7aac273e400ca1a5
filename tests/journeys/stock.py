"""Run as a module beside the service: goods on the shelf, people with keys, three shops open."""

import django

django.setup()

from config.demo import setup  # noqa: E402

if __name__ == "__main__":
    setup.load_suppliers(lambda _text: None)
    setup.open_shops()
