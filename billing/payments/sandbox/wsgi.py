"""The sandbox as granian loads it, without apps and models: answers, and delivers webhooks in a thread."""

import os

from billing.payments.sandbox.start import make

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
sandbox = make()
sandbox.deliverer.start()
application = sandbox.app
