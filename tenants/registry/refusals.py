"""What the registry's rules in the database refuse."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal

REFUSALS = {
    "registry.no_tenants_schema": Refusal(
        _("this is no schema of a tenant, or its shop is open"), remedy=_("retire the shop first")
    ),
    "registry.not_migrated": Refusal(
        _("the database does not have the migrations of this release"), remedy=_("run banyan migrate")
    ),
}
