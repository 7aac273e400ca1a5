"""The people and shops of the demo. One run's people differ from the next run's by a suffix."""

from dataclasses import dataclass
from importlib.resources import files

from catalog.models import Supplier

PASSWORD = "banyan-demo-2026"  # noqa: S105 - printed for whoever looks at the demo
CENTRAL_EMAIL = "central@banyan.example"
SHOPS = ("hejian", "snatch", "corner")
ADDRESS = {
    "name": "王小满",
    "phone": "13800138000",
    "region": "上海市徐汇区",
    "address": "漕溪北路 1200 号 3 幢 502",
}
"""As a program sends it."""
ADDRESS_FORM = {
    "name": ADDRESS["name"],
    "phone": ADDRESS["phone"],
    "country": "CN",
    "division_1": "310000",
    "division_2": "310104",
    "address": ADDRESS["address"],
}
"""As a person fills it in."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who signs up; ``run`` keeps the runs apart. ``display_name`` is what others see."""

    name: str
    run: str
    display_name: str = ""

    @property
    def email(self) -> str:
        """The address this person signs in with."""
        return f"{self.name}.{self.run}@demo.example"


def blueprint(shop: str) -> str:
    """Return the document that a demo shop is spawned from."""
    return (files("config.demo") / "blueprints" / f"{shop}.yaml").read_text(encoding="utf-8")


def supplier_email(supplier: Supplier) -> str:
    """Return the address that a supplier's person signs in with."""
    return f"{supplier.code}@supplier.example"
