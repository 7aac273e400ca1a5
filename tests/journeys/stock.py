"""Run as a module beside the service: goods on the shelf, people with keys, three shops open."""

import django

django.setup()

from config.demo import stage  # noqa: E402

if __name__ == "__main__":
    stage.stock_shelves(lambda _text: None)
    stage.open_shops()
