"""The application that granian serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.bodies import BodyGuard

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = BodyGuard(get_wsgi_application())
# Pages and consoles are loaded here, so that no request waits for them; models not before the application.
for urls in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    import_module(urls)
import_module("config.readiness").refuse_owner()
