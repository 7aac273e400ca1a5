"""What the consoles show beside models; importing it registers the screens on their sites."""

from tenants.console import alarm_screens, dashboard, fleet, headquarters, prepaid, signing

__all__ = ["alarm_screens", "dashboard", "fleet", "headquarters", "prepaid", "signing"]
