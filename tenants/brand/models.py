"""How a shop looks: one row in the tenant's schema."""

from django.db import models
from django.db.models import Q


class Brand(models.Model):
    """The look in force (``published``) and the one being worked on (``draft``), both BrandDocuments.

    ``version`` grows with every publication; it names the theme's stylesheet and every cached page.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    published = models.JSONField(default=dict)
    draft = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="brand_single")]

    def __str__(self) -> str:
        return f"v{self.version}"
