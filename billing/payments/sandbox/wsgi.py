"""The sandbox as granian loads it: answers, and delivers webhooks in a thread. It loads no apps and no models."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from billing.payments.sandbox.start import make  # noqa: E402

sandbox = make()
sandbox.deliverer.start()
application = sandbox.app
