"""The central team's console, on the platform's host."""

from accounts import roles
from backoffice.sites import Console

central = Console("central", admitted=roles.CENTRAL, on_platform=True)
