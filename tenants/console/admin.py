"""What the consoles show beside models; importing it registers the screens on their sites."""

from tenants.console import dashboard, fleet, headquarters, prepaid, signing

__all__ = ["dashboard", "fleet", "headquarters", "prepaid", "signing"]
