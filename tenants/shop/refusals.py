"""What the database refuses of carts, orders, refunds and red packets."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal

_GONE = _("they are all gone, or their time is over")
_MORE = _("this is more than the line has left")
REFUSALS = {
    "cart_line_once": Refusal(_("this is in your cart already"), remedy=_("open the cart again")),
    "red_packet_one_each": Refusal(_("you have taken one already")),
    "red_packet_place": Refusal(_GONE),
    "red_packets_handed_out_bounded": Refusal(_GONE),
    "red_packet_one_an_order": Refusal(_("an order takes one red packet")),
    "order_refund_once": Refusal(_("this refund was asked for already")),
    "order_line_refund_bounded": Refusal(_MORE, field="amount"),
    "order_refund_bounded": Refusal(_("this is more than the order has left"), field="amount"),
    "order_refund_line_once": Refusal(_("this refund was asked for already")),
}
