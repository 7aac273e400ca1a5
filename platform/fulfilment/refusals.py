"""What the database refuses of parcels, vouchers and after-sales cases."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal

REFUSALS = {
    "shipment_once": Refusal(_("this parcel is known already"), field="tracking_number"),
    "voucher_uses_bounded": Refusal(_("this voucher is used up"), field="code"),
    "case_one_open": Refusal(
        _("an after-sales case of this order is open already"), remedy=_("go on with that one")
    ),
    "directory_card_once_a_member": Refusal(_("you have a card in the directory already")),
    "contact_request_once": Refusal(_("you have asked them already")),
    "fair_guest_once": Refusal(_("you are on the list already")),
}
