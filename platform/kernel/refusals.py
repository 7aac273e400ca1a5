"""What the kernel's own rules in the database refuse."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal

REFUSALS = {
    "kernel.append_only": Refusal(
        _("what stands on record is never changed or removed"), remedy=_("add an entry that corrects it")
    )
}
