"""Django's settings, one concern a file; everything variable comes from ``config.env``."""

from config.settings.apps import *
from config.settings.celery import *
from config.settings.data import *
from config.settings.files import *
from config.settings.language import *
from config.settings.logs import *
from config.settings.payments import *
from config.settings.people import *
from config.settings.screens import *
from config.settings.supply import *
from config.settings.web import *
