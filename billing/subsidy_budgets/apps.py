from django.apps import AppConfig


class SubsidyBudgetsConfig(AppConfig):
    """Money a shop sets aside to lower its members' prices."""

    name = "billing.subsidy_budgets"
