"""What the database refuses of products and stock."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal
from kernel.errors import OutOfStock

_FEWER = _("fewer units are left than were asked for")
_OTHER = _("choose another one")
REFUSALS = {
    "catalog.fewer_units_left": Refusal(
        _FEWER, remedy=_("set fewer aside"), kind=OutOfStock, field="units", details=("variant_id",)
    ),
    "stock_not_negative": Refusal(_FEWER, kind=OutOfStock, field="units"),
    "catalog.allocation_begins_whole": Refusal(_("an allocation begins with all of its units")),
    "catalog.allocation_on_record": Refusal(_("what was set aside stays on record")),
    "allocation_once": Refusal(_("this variant is in the campaign already")),
    "product_handle_unique": Refusal(
        _("this supplier has a product of this handle already"), remedy=_OTHER, field="handle"
    ),
    "variant_options_unique": Refusal(
        _("this product has a variant of these options already"), remedy=_OTHER
    ),
    "price_in_bounds": Refusal(
        _("a price is above zero and has at most ten digits"),
        remedy=_("to take a product off sale, change its state"),
        field="suggested",
    ),
    "price_unique": Refusal(_("this variant has a price in this currency already"), field="currency"),
    "licence_once": Refusal(_("this licence is known already"), field="number"),
    "region_code_once": Refusal(_("another region has this code already"), remedy=_OTHER, field="code"),
    "shipping_template_name": Refusal(
        _("there is a freight template of this name already"), remedy=_OTHER, field="name"
    ),
    "shipping_template_default": Refusal(_("another freight template is the default already")),
    "media_unique": Refusal(_("this product has this picture already")),
}
