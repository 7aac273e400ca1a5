"""On which terms money leaves wallets. Lives in "public"."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model


class WithdrawalTerms(Uuid7Model):
    """A tenant's terms for a currency, in its minor units; without a row ``selectors.usual`` says them."""

    tenant_id = models.UUIDField()
    currency = models.CharField(max_length=3)
    minimum = models.BigIntegerField()
    fee = models.BigIntegerField()
    approval_above = models.BigIntegerField(
        help_text="what a payee takes out within a day beyond this needs somebody else's approval"
    )
    set_by = models.UUIDField(null=True)
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "currency"], name="withdrawal_terms_once"),
            models.CheckConstraint(
                condition=Q(fee__gte=0, minimum__gt=F("fee"), approval_above__gte=0),
                name="withdrawal_terms_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.currency}"
