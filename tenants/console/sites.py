"""The operators' console, on a tenant's host."""

from accounts import roles
from backoffice.sites import Console

console = Console("console", admitted=roles.OPERATORS, on_platform=False)
