from django.apps import AppConfig


class SubsidiesConfig(AppConfig):
    """Money a shop sets aside to lower its members' prices."""

    name = "billing.subsidies"
