"""What the consoles show beside models; importing it registers the screens on their sites."""

from tenants.console import (
    after_sales,
    alarm_screens,
    campaigns,
    dashboard,
    fleet,
    headquarters,
    prepaid,
    signing,
    subsidies,
    withdrawals,
)

__all__ = [
    "after_sales",
    "alarm_screens",
    "campaigns",
    "dashboard",
    "fleet",
    "headquarters",
    "prepaid",
    "signing",
    "subsidies",
    "withdrawals",
]
