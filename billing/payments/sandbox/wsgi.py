"""The sandbox as granian loads it: answers, and delivers webhooks in a thread."""

import os
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# The sandbox shares the gateways' words for what they answer; those modules need the models.
django.setup()
sandbox = import_module("billing.payments.sandbox.start").make()
sandbox.deliverer.start()
application = sandbox.app
