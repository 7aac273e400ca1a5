"""What a trigger needs around it to speak: goods, a round, votes; then one act that it minds.

For triggers whose proof takes more than a row of their own table. All others stay in force meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction

from catalog.models import Licence, Product, Stock, Supplier
from catalog.stock import services as stock_services
from kernel import clock
from kernel.ids import new_id
from kernel.models import NO_ONE
from selection.models import Charter, Round, Sample
from selection.rounds import services as round_services
from tests.proofs.wrong_writes import undone
from tests.support.build import make_product, make_supplier, make_tenant
from tests.support.rounds import SMALL, make_club, make_proposal, pass_product, send_samples, sql

Act = Callable[[], Any]
LICENSED = "SELECT handle, licensed_until FROM public.catalog_product ORDER BY 1"
MARKS = "SELECT what, key, count(*) FROM public.catalog_feedmark GROUP BY 1, 2 ORDER BY 1, 2"
IN_DOLLARS = (
    "INSERT INTO catalog_price (id, variant_id, currency, cost, suggested, minimum)"
    " SELECT gen_random_uuid(), variant_id, 'USD', cost, suggested, minimum FROM catalog_price"
)
ADOPTED = "SELECT adopted_at > '2001-01-02' FROM selection_charter"
ADMISSION = "SELECT admission FROM public.catalog_product"
ROUND = (
    "INSERT INTO selection_round (number, kind, tenant_id, currency, panel_size, panel_points, panel_hours,"
    " jury_size, jury_points, jury_hours, want_percent, quorum_percent, volunteers_percent, opened_by,"
    " opened_in, seed) VALUES (9, 'selection', %s, 'CNY', 3, 55, 1, 3, 55, 1, 50, 50, 0, 'me', 1, '')"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """``build`` sets it and returns the act. ``seen`` says what the act did; without it, it is refused."""

    build: Callable[[], Act]
    seen: str = ""


def licensed_goods() -> Supplier:
    """Goods of a supplier that has a permit for food."""
    farm = make_supplier()
    make_product(farm, "tea")
    day = clock.now().date() + timedelta(days=90)
    Licence.objects.create(supplier=farm, kind="food", number="1", expires_on=day)
    return farm


def category_asks_for_more() -> Act:
    licensed_goods()
    return lambda: sql("UPDATE catalog_category SET required_licences = '{alcohol}'")


def supplier_is_asked_for_more() -> Act:
    licensed_goods()
    return lambda: sql("UPDATE catalog_supplier SET required_licences = '{alcohol}'")


def permit_is_prolonged() -> Act:
    licensed_goods()
    return lambda: sql("UPDATE catalog_licence SET expires_on = expires_on + 30")


def more_goods_of_the_licensed() -> Act:
    farm = licensed_goods()
    return lambda: make_product(farm, "cake")


def price_moves(statement: str) -> Callable[[], Act]:
    """A scene in which this is said of the price of a product."""

    def build() -> Act:
        make_product(make_supplier())
        return lambda: sql(statement)

    return build


def stock_begins() -> Act:
    variant = make_product(make_supplier()).variants.get()
    Stock.objects.all().delete()
    return lambda: Stock.objects.create(variant=variant, available=3)


def hot_stock_grows() -> Act:
    variant = make_product(make_supplier()).variants.get()
    stock_services.set_hot(variant_id=variant.pk, hot=True, acting_user="central")
    return lambda: Stock.objects.update(available=103)


def proposed() -> Product:
    """A product that waits for its gates."""
    tea = make_product(make_supplier(), "tea")
    make_proposal(tea)
    return tea


def reserving_what_waits() -> Act:
    variant = proposed().variants.get().pk
    return lambda: sql(
        "INSERT INTO catalog_reservation (reference, variant_id, quantity, expires_at)"
        " VALUES (%s, %s, 1, now() + interval '1 hour')",
        new_id(),
        variant,
    )


def paying_for_what_was_called_back() -> Act:
    make_club(make_tenant())
    tea = make_product(make_supplier(), "tea")
    pass_product(tea)
    stock_services.reserve(
        reference=new_id(), quantities={tea.variants.get().pk: 1}, expires_at=clock.now() + timedelta(hours=1)
    )
    calling_back(tea)()
    return lambda: sql("UPDATE catalog_reservation SET state = 'committed'")


def calling_back(tea: Product) -> Act:
    return lambda: sql(
        "INSERT INTO selection_ruling (product_id, tenant_id, kind) VALUES (%s, %s, 'recalled')",
        tea.pk,
        NO_ONE,
    )


def ruling_on_what_passed() -> Act:
    make_club(make_tenant())
    tea = make_product(make_supplier(), "tea")
    pass_product(tea)
    return calling_back(tea)


def adopt() -> None:
    Charter.objects.create(
        tenant_id=NO_ONE,
        reason="all of it",
        adopted_by="central",
        adopted_at=datetime(2001, 1, 1, tzinfo=UTC),
    )
    sql("SET CONSTRAINTS ALL IMMEDIATE")


def charter_over_goods() -> Act:
    make_product(make_supplier())
    return adopt


def charter_is_bent() -> Act:
    adopt()
    return lambda: sql("UPDATE selection_charter SET complaints = 99")


def opened() -> Round:
    """A round whose panel has its samples."""
    make_club(make_tenant())
    proposal = make_proposal(make_product(make_supplier(), "tea"))
    round_ = round_services.open_round(proposal_ids=[proposal.pk], terms=SMALL, acting_user="central")
    send_samples(round_, "panel")
    return round_


def round_is_bent() -> Act:
    opened()
    return lambda: sql("UPDATE selection_round SET panel_points = 50")


def round_of_nobody() -> Act:
    def act() -> None:
        sql(ROUND, NO_ONE)
        sql("SET CONSTRAINTS ALL IMMEDIATE")

    return act


def round_below_the_charter() -> Act:
    adopt()
    return lambda: sql(ROUND, NO_ONE)


def gate_closes() -> Act:
    round_ = opened()
    for sample in Sample.objects.select_related("seat"):
        sql("UPDATE selection_sample SET state = 'received' WHERE id = %s", sample.pk)
        sql(
            "SELECT selection_cast_vote(%s, %s, %s, 90, NULL, '')",
            sample.pk,
            sample.seat.tenant_id,
            sample.seat.user_id,
        )
    return lambda: sql("INSERT INTO selection_closing (round_id, gate) VALUES (%s, 'panel')", round_.pk)


SCENES = {
    "catalog_category.licences": Scene(category_asks_for_more, LICENSED),
    "catalog_licence.licences": Scene(permit_is_prolonged, LICENSED),
    "catalog_product.licences_insert": Scene(more_goods_of_the_licensed, LICENSED),
    "catalog_supplier.licences": Scene(supplier_is_asked_for_more, LICENSED),
    "catalog_price.feed_delete": Scene(price_moves("DELETE FROM catalog_price"), MARKS),
    "catalog_price.feed_insert": Scene(price_moves(IN_DOLLARS), MARKS),
    "catalog_price.feed_update": Scene(price_moves("UPDATE catalog_price SET cost = 1"), MARKS),
    "catalog_stock.feed_insert": Scene(stock_begins, MARKS),
    "catalog_stock.tokens": Scene(hot_stock_grows, "SELECT count(*) FROM public.catalog_stocktoken"),
    "catalog_reservation.admitted": Scene(reserving_what_waits),
    "catalog_reservation.admitted_still": Scene(paying_for_what_was_called_back),
    "selection_charter.append_only": Scene(charter_is_bent),
    "selection_charter.guard": Scene(charter_over_goods, ADOPTED),
    "selection_charter.selection_charter_applies": Scene(charter_over_goods, ADMISSION),
    "selection_closing.decide": Scene(gate_closes, "SELECT gate, passed FROM selection_result"),
    "selection_round.append_only": Scene(round_is_bent),
    "selection_round.complete": Scene(round_of_nobody),
    "selection_round.guard": Scene(round_below_the_charter),
    "selection_ruling.follow": Scene(ruling_on_what_passed, ADMISSION),
}


def played(act: Act, seen: str, trigger: str, *, enabled: bool) -> str:
    """Return what is seen after the act, or how the database refused it; nothing of it stays."""
    with undone():
        sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        if not enabled:
            sql("ALTER TABLE public.{} DISABLE TRIGGER {}".format(*trigger.split(".")))
        try:
            with transaction.atomic():
                act()
        except DatabaseError as error:
            return f"refused: {error}"
        return str(sql(seen)) if seen else "taken"
