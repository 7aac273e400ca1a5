"""The portal's navigation, in the order in which it is shown."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from kernel.errors import Text


class Entry(NamedTuple):
    """A page of the portal: its title and the name of its URL."""

    title: Text
    url_name: str


ENTRIES = (
    Entry(_("Orders"), "portal:orders"),
    Entry(_("After-sales"), "portal:cases"),
    Entry(_("Vouchers"), "portal:vouchers"),
    Entry(_("Tracking numbers by file"), "portal:import"),
    Entry(_("Goods and stock"), "portal:goods"),
    Entry(_("Proposals"), "proposals:index"),
    Entry(_("Statement"), "statements:statement"),
    Entry(_("Directory"), "portal:directory"),
)
