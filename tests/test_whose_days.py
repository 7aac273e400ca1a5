"""Each date is counted and named where the one it belongs to is: clocks are set to the turns of days.

Five zones, each at the turns where a rule by another clock would be found out: midnight, the end of a month
and of a year, and both changes of the hour.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format
from time_machine import travel

from backoffice.forms import MomentField
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payouts.payables import statements
from catalog.models import Licence, Product
from catalog.products import selectors as product_selectors
from fulfilment.models import SupplierOrder, Voucher
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from fulfilment.vouchers import services as voucher_services
from kernel import clock
from kernel.days import first_moment, local_day
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.tenancy import in_public, in_tenant
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tests.support.build import make_product
from tests.support.purchases import book_payment, fill_cart, place, variant_of
from tests.support.supplier_orders import ADDRESS, make_supplier_user, portal
from tests.support.world import HOST, World

SECOND = timedelta(seconds=1)
TURNS = {
    "Asia/Shanghai": ("2027-03-01", "2028-01-01"),
    "America/New_York": ("2027-03-14", "2027-03-15", "2027-11-07", "2027-11-08"),
    "Europe/Berlin": ("2027-03-28", "2027-03-29", "2027-10-31", "2027-11-01"),
    "Australia/Lord_Howe": ("2027-04-04", "2027-04-05", "2027-10-03", "2027-10-04"),
    "America/Santiago": ("2027-04-04", "2027-09-05", "2028-01-01"),  # clocks change at midnight
}
"""Days that begin with or after a change of the hour, a month, a year."""
CASES = [(zone, date.fromisoformat(day)) for zone, days in TURNS.items() for day in days]


def turn(zone: str, day: date) -> tuple[tuple[datetime, date], ...]:
    """Return the last second of the day before and the first of ``day``, each with its day there."""
    moment = first_moment(day, ZoneInfo(zone))
    return (moment - SECOND, local_day(moment - SECOND, ZoneInfo(zone))), (moment, day)


def sell_voucher(world: World, zone: str, moment: datetime, valid_days: int = 30) -> Voucher:
    """A voucher of the farm's, which is in that zone, bought at a moment."""
    world.farm.timezone = zone
    world.farm.save()
    product = make_product(world.farm, kind=Product.Kind.VOUCHER, voucher={"valid_days": valid_days})
    dinner = DraftLine(
        product.variants.get().pk, "D", {"en": "Dinner"}, [], 1, 9_000, kind=Product.Kind.VOUCHER
    )
    with travel(moment, tick=False), transaction.atomic():
        supplier_order_services.create_supplier_orders(
            tenant=world.tenant,
            order_id=new_id(),
            order_number=new_id().hex[-8:],
            shop_name="Alice's shop",
            ship_to=ADDRESS,
            currency="CNY",
            drafts=[SupplierOrderDraft(world.farm.pk, 0, [dinner])],
        )
    return Voucher.objects.get(line__variant_id=dinner.variant_id)


@pytest.mark.parametrize(("zone", "day"), CASES)
def test_an_order_bears_the_shops_day(world: World, zone: str, day: date) -> None:
    type(world.tenant).objects.filter(pk=world.tenant.pk).update(timezone=zone)
    world.tenant.refresh_from_db()
    for moment, shown in turn(zone, day):
        with in_tenant(world.tenant), travel(moment, tick=False):
            order = place(world, fill_cart(world, lamp=0))
        assert order.number.startswith(f"{shown:%y%m%d}-")


@pytest.mark.parametrize(("zone", "day"), CASES)
def test_a_voucher_is_good_through_its_last_day_where_the_merchant_is(
    world: World, zone: str, day: date
) -> None:
    bought_on = day - timedelta(days=30)
    voucher = sell_voucher(world, zone, first_moment(bought_on, ZoneInfo(zone)) + timedelta(hours=18))
    assert voucher.valid_until == day
    over = voucher.expires_at
    assert local_day(over - SECOND, ZoneInfo(zone)) == day
    assert local_day(over, ZoneInfo(zone)) == day + timedelta(days=1)
    counter = {"supplier": world.farm, "code": voucher.code, "uses": 1, "acting_user": "counter"}
    with travel(over, tick=False), pytest.raises(Conflict, match=f"{day}"):
        voucher_services.redeem(**counter, idempotency_key="late")
    with travel(over - SECOND, tick=False):
        page = portal(make_supplier_user(world.farm)).get("/portal/vouchers/", {"code": voucher.code})
        assert f"{day}" in page.content.decode()
        assert voucher_services.redeem(**counter, idempotency_key="in time").uses == 1


@pytest.mark.parametrize("zone", TURNS)
def test_member_and_merchant_read_the_same_last_day(world: World, zone: str) -> None:
    """Bought late in the evening there, when the shop's own clock shows another day or may do so."""
    world.farm.timezone = zone
    world.farm.save()
    dinner = make_product(
        world.farm, "dinner", price=10_000, cost=5_000, kind=Product.Kind.VOUCHER, voucher={"valid_days": 30}
    )
    evening = first_moment(date(2027, 3, 2), ZoneInfo(zone)) - timedelta(minutes=30)
    with travel(evening, tick=False):
        with in_tenant(world.tenant):
            owner = CartOwner(user_id=world.carol.pk, device=None)
            cart_services.add_to_cart(owner=owner, variant_id=variant_of(dinner))
            order = book_payment(place(world, owner))
        member = Client(headers={"host": HOST, "accept-language": "en"})
        with in_tenant(world.tenant):
            member.force_login(world.carol, backend="accounts.backends.RoleBackend")
        voucher = Voucher.objects.get(order_id=order.pk)
        assert voucher.valid_until == date(2027, 3, 31)
        with translation.override("en"):
            shown = date_format(voucher.valid_until, "SHORT_DATE_FORMAT")
        with in_public():
            assert shown in member.get(f"/orders/{order.number}/").content.decode()
        merchant = portal(make_supplier_user(world.farm))
        assert "2027-03-31" in merchant.get("/portal/vouchers/", {"code": voucher.code}).content.decode()
        assert "2027-03-31" in merchant.get("/portal/vouchers/offline.csv").content.decode()


@pytest.mark.parametrize(("zone", "day"), CASES)
def test_a_statement_is_of_the_suppliers_month_and_names_its_days(world: World, zone: str, day: date) -> None:
    world.farm.timezone = zone
    world.farm.save()
    for moment, shown in turn(zone, day):
        with travel(moment, tick=False):
            month = statements.read_month("", world.farm)
        assert str(month) == f"{shown:%Y-%m}"
        assert month.begin <= moment < month.end
        with transaction.atomic():
            ledger_services.post(
                tenant_id=world.tenant.pk,
                kind="order.paid",
                idempotency_key=str(moment),
                occurred_at=moment,
                legs=[
                    Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -700, NO_ONE),
                    Leg("supplier", world.farm.pk, AccountKind.SUPPLIER_PAYABLE, "CNY", 700, NO_ONE),
                ],
            )
        assert f"{shown:%Y-%m-%d}" in statements.as_csv(world.farm, month)
        assert moment in [line.at for line in statements.statement_of(world.farm, month).movements]


def test_a_licence_is_in_force_through_its_last_day_where_the_supplier_is(world: World) -> None:
    """Between these two it is never the same day, whenever this runs."""
    behind, ahead = ZoneInfo("Pacific/Pago_Pago"), ZoneInfo("Pacific/Kiritimati")
    Licence.objects.create(
        supplier=world.farm, kind="food", number="F-1", expires_on=local_day(clock.now(), behind)
    )
    for zone, is_sold in ((behind, True), (ahead, False), (behind, True)):
        world.farm.timezone = zone.key
        world.farm.save()
        assert product_selectors.sellable().filter(pk=world.tea.pk).exists() is is_sold, zone
        with connection.cursor() as cursor:
            cursor.execute("SELECT catalog_for_sale(p) FROM catalog_product p WHERE id = %s", [world.tea.pk])
            assert cursor.fetchone() == (is_sold,)


@pytest.mark.parametrize("zone", TURNS)
def test_the_portal_shows_the_suppliers_clock(world: World, zone: str) -> None:
    world.farm.timezone = zone
    world.farm.save()
    with travel(datetime(2027, 6, 30, 15, 30, tzinfo=UTC), tick=False), transaction.atomic():
        supplier_order_services.create_supplier_orders(
            tenant=world.tenant,
            order_id=new_id(),
            order_number="N1",
            shop_name="Alice's shop",
            ship_to=ADDRESS,
            currency="CNY",
            drafts=[
                SupplierOrderDraft(
                    world.farm.pk, 600, [DraftLine(new_id(), "S", {"en": "Noodles"}, [], 1, 1)]
                )
            ],
        )
    order = SupplierOrder.objects.get(number__startswith="N1")
    shown = f"{order.created_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    browser = portal(make_supplier_user(world.farm))
    assert shown in browser.get("/portal/").content.decode()
    assert shown in browser.get("/portal/orders.csv").content.decode()


@pytest.mark.parametrize("zone", TURNS)
def test_a_moment_is_read_by_the_clock_of_the_console(zone: str) -> None:
    """When a campaign begins or a red packet ends is written by the shop's clock."""
    with timezone.override(zone):
        moment = MomentField().clean("2027-06-30T23:59")
        assert f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == "2027-06-30T23:59"
