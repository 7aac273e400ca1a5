"""Every way past the gates, tried by somebody with all the rights that there are; and each of them fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts import roles
from accounts.models import User
from catalog.models import Product
from catalog.stock import services as stock_services
from kernel import clock
from kernel.errors import BanyanError, Conflict
from kernel.ids import new_id
from kernel.models import NO_ONE, AuditEntry
from kernel.tenancy import in_public, in_tenant
from selection.admission import services as admission_services
from selection.models import Charter, Claim, Ruling, Sample, Vote
from selection.proposals import selectors as proposal_selectors
from selection.rounds import selectors as round_selectors
from selection.rounds import services as round_services
from tenants.registry import service_role
from tenants.registry.models import Tenant
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.orders import checkout
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order, OrderLine
from tests.support.build import make_product, make_supplier, make_tenant, make_user
from tests.support.refused import refused_by
from tests.support.rounds import SMALL, make_club, make_proposal, pass_product, score, send_samples, sql, vote

PUBLIC = str(NO_ONE)


@pytest.fixture
def club(db: None) -> Tenant:
    """A club of four sellers and eight members, with an owner."""
    tenant = make_tenant()
    make_club(tenant)
    with in_tenant(tenant):
        make_user("owner@club.test", role=roles.OWNER)
    return tenant


@pytest.fixture
def refused(club: Tenant) -> Product:
    """A product that missed the panel's gate by one point."""
    tea = make_product(make_supplier(), "tea")
    round_ = round_services.open_round(
        proposal_ids=[make_proposal(tea).pk], terms=SMALL, acting_user="central"
    )
    vote(round_, "panel", [70, 70, 69])
    tea.refresh_from_db()
    assert tea.admission == "refused"
    return tea


def is_for_sale(product: Product, tenant: Tenant) -> bool:
    """True if the shop lists it."""
    with in_tenant(tenant):
        return listing_selectors.listed().filter(pk=product.pk).exists()


# fmt: off
ATTEMPTS = {
    "the column": "UPDATE catalog_product SET admission = 'passed' WHERE id = %(product)s",
    "the column of shops":
    "UPDATE catalog_product SET admitted_to = ARRAY[%(tenant)s]::uuid[], admission = 'free',"
    " barred_from = '{}' WHERE id = %(product)s",
    "a ruling": "INSERT INTO selection_ruling (product_id, tenant_id, kind, reason, ruled_by, number)"
    " VALUES (%(product)s, %(nobody)s, 'passed', '', '', 99)",
    "a ruling on its own entry": "INSERT INTO selection_ruling (product_id, tenant_id, kind, entry_id)"
    " SELECT product_id, %(nobody)s, 'passed', id FROM selection_roundentry WHERE product_id = %(product)s",
    "a ruling for the shop": "INSERT INTO selection_ruling (product_id, tenant_id, kind)"
    " VALUES (%(product)s, %(tenant)s, 'passed')",
    "a result":
    "INSERT INTO selection_result (entry_id, gate, seats, votes, points, points_needed, wants, wants_needed,"
    " votes_needed, passed) SELECT id, 'jury', 5, 5, 500, 5, 5, 5, 1, true FROM selection_roundentry",
    "another closing":
    "INSERT INTO selection_closing (round_id, gate) SELECT id, 'jury' FROM selection_round",
    "a vote more": "INSERT INTO selection_vote (sample_id, entry_id, seat_id, score, comment)"
    " SELECT id, entry_id, seat_id, 100, '' FROM selection_sample",
    "a better vote": "UPDATE selection_vote SET score = 100",
    "the rounds removed": "DELETE FROM selection_result",
    "a recall, for the jury alone": "INSERT INTO selection_ruling (product_id, tenant_id, kind)"
    " VALUES (%(product)s, %(nobody)s, 'recalled')",
    "a charter that lists it":
    "WITH c AS (INSERT INTO selection_charter (tenant_id, panel_size, panel_points, jury_size,"
    " jury_points, want_percent, complaints, reason, adopted_by) VALUES (%(tenant)s, 3, 60, 3, 60, 50,"
    " 1, '', '')"
    " RETURNING id) INSERT INTO selection_charterproduct (charter_id, product_id) SELECT id,"
    " %(product)s FROM c",
    "its variant under another": "UPDATE catalog_variant SET product_id = (SELECT id FROM catalog_product"
    " WHERE handle = 'lamp') WHERE product_id = %(product)s",
    "a reservation": "INSERT INTO catalog_reservation (reference, variant_id, quantity, expires_at)"
    " SELECT %(nobody)s, id, 1, now() + interval '1 hour' FROM catalog_variant WHERE product_id ="
    " %(product)s",
    "no trigger": "ALTER TABLE catalog_product DISABLE TRIGGER ALL",
    "no trigger in this session": "SET session_replication_role = replica",
    "another clock":
    "CREATE OR REPLACE FUNCTION selection_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
    "emptying": "TRUNCATE selection_ruling CASCADE",
}
# fmt: on


@pytest.fixture
def application_role(refused: Product) -> Iterator[None]:
    """Become the role that the service has in production, with what `banyan migrate` grants it."""
    make_product(make_supplier("forge"), "lamp")
    name = f"app_{new_id().hex[-8:]}"
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(f"CREATE ROLE {name}")
    service_role.grant(name)
    sql(f"SET ROLE {name}")
    yield
    sql("RESET ROLE")


@pytest.mark.parametrize("way", ATTEMPTS)
def test_sql_as_the_applications_role_finds_no_way(
    club: Tenant, refused: Product, application_role: None, way: str
) -> None:
    values = {"product": refused.pk, "tenant": club.pk, "nobody": PUBLIC}
    fails = way not in {"the column", "the column of shops"}  # these are taken, and have no effect
    try:
        with transaction.atomic(), in_public(), connection.cursor() as cursor:
            cursor.execute(ATTEMPTS[way], values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        succeeded = True
    except DatabaseError:
        succeeded = False
    sql("RESET ROLE")
    assert succeeded is not fails
    refused.refresh_from_db()
    assert (refused.admission, refused.admitted_to) == ("refused", [])
    assert not is_for_sale(refused, club)


def test_a_round_takes_nobody_and_nothing_after_it_opened(own_database: str) -> None:
    """With commits: what a round may take, it takes in its own transaction."""
    tenant = make_tenant()
    make_club(tenant)
    farm = make_supplier()
    proposal = make_proposal(make_product(farm, "tea"))
    later = make_proposal(make_product(farm, "late"))
    round_services.open_round(proposal_ids=[proposal.pk], terms=SMALL, acting_user="central")
    seat = (
        "INSERT INTO selection_seat (round_id, gate, tenant_id, user_id, name, person, origin, rank,"
        " completed_sales)"
        " SELECT id, %s, %s, %s, 'friend', 'x', 'ranked', 9, 1 FROM selection_round"
    )
    for gate in ("panel", "jury"):
        with refused_by("selection.seated_already"):
            sql(seat, gate, tenant.pk, tenant.pk)
    with refused_by("selection.round_filled_when_it_opens"):
        sql(
            "INSERT INTO selection_roundentry (round_id, product_id, proposal_id, title, position)"
            " SELECT id, %s, %s, '{}', 9 FROM selection_round",
            later.product_id,
            later.pk,
        )
    with refused_by("selection.round_incomplete"):
        sql(
            "INSERT INTO selection_round (number, kind, tenant_id, currency, panel_size, panel_points,"
            " panel_hours,"
            " jury_size, jury_points, jury_hours, want_percent, quorum_percent, volunteers_percent,"
            " opened_by)"
            " VALUES (9, 'selection', %s, 'CNY', 3, 50, 1, 3, 50, 1, 50, 50, 0, 'me')",
            PUBLIC,
        )


def test_the_applications_role_cannot_read_a_vote_before_its_gate_closed(club: Tenant) -> None:
    tea = make_product(make_supplier(), "tea")
    round_ = round_services.open_round(
        proposal_ids=[make_proposal(tea).pk], terms=SMALL, acting_user="central"
    )
    send_samples(round_, "panel")
    waiting = list(Sample.objects.select_related("seat"))
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("CREATE ROLE app_reader")
    service_role.grant("app_reader")
    sql("SET ROLE app_reader")
    score(waiting[0], 97, None)
    assert Vote.objects.count() == 0
    score(waiting[1], 97, None)
    score(waiting[2], 97, None)
    assert Vote.objects.count() == 3
    sql("RESET ROLE")
    tea.refresh_from_db()
    assert round_selectors.open_gate(round_) == "jury"


def test_services_and_pages_of_an_administrator_find_no_way(club: Tenant, refused: Product) -> None:
    chief = make_user("chief@central.test", roles.CENTRAL_ADMIN)
    tries: list[Any] = [
        lambda: make_proposal(refused),
        lambda: round_services.open_round(
            proposal_ids=[refused.proposals.get().pk], terms=SMALL, acting_user=chief
        ),
        lambda: round_services.open_review(product_ids=[refused.pk], terms=SMALL, acting_user=chief),
        lambda: admission_services.recall_product(
            product_id=refused.pk, reason="to the jury", acting_user=chief
        ),
        lambda: round_services.close_gate(round_id=refused.entries.get().round_id, gate="jury"),
    ]
    for attempt in tries:
        with pytest.raises(BanyanError):
            attempt()
    refused.admission, refused.admitted_to = "passed", [club.pk]
    refused.save()
    refused.refresh_from_db()
    assert refused.admission == "refused"
    browser = Client(headers={"host": "localhost", "accept-language": "en"})
    browser.force_login(chief, backend="accounts.backends.RoleBackend")
    with in_public():
        page = browser.get(f"/console/catalog/product/{refused.pk}/change/")
        assert page.status_code == 200
        assert b'name="admission"' not in page.content
        browser.post(
            f"/console/catalog/product/{refused.pk}/change/", {"admission": "passed", "status": "active"}
        )
        browser.post(f"/console/selection/products/{refused.pk}/", {"review": "1"})
    with in_tenant(club):
        owner = User.objects.get(email="owner@club.test")
        listing_services.override_listing(product_id=refused.pk, acting_user=owner, is_extra=True)
    assert not is_for_sale(refused, club)
    with in_tenant(club):
        variant = refused.variants.get().pk
        member = User.objects.get(email="member1@club.test")
        with pytest.raises(BanyanError):
            cart_services.add_to_cart(owner=CartOwner(member.pk, None), variant_id=variant)
        with pytest.raises(Conflict):
            order_services.place_partner_order(
                tenant=club,
                lines=[checkout.PartnerLine(variant, 1, 6_000)],
                ship_to={},
                reference="",
                idempotency_key="x",
            )
        with pytest.raises(DatabaseError), transaction.atomic():
            OrderLine.objects.create(
                order=Order.objects.first(), position=1, product_id=refused.pk, variant_id=variant,
                supplier_id=refused.supplier_id, title={}, quantity=1, unit_price=1, unit_cost=1,
            )  # fmt: skip
    with pytest.raises((Conflict, DatabaseError)), transaction.atomic():
        stock_services.reserve(reference=new_id(), quantities={variant: 1}, expires_at=clock.now())


def test_what_is_called_back_is_off_sale_until_a_jury_has_decided(club: Tenant) -> None:
    tea = make_product(make_supplier(), "tea")
    pass_product(tea)
    assert is_for_sale(tea, club)
    with in_tenant(club):
        members = list(User.objects.filter(email__startswith="member").order_by("email"))
        held = new_id()
        with transaction.atomic():
            stock_services.reserve(
                reference=held, quantities={tea.variants.get().pk: 1}, expires_at=clock.now()
            )
    people = [*members, *(User(pk=new_id(), email=f"x{n}@x.test") for n in range(2))]
    for number, person in enumerate(people[:10]):
        admission_services.file_complaint(
            product_id=tea.pk, tenant_id=club.pk, order_id=new_id(), kind="quality", text="it was stale",
            acting_user=person,
        )  # fmt: skip
        tea.refresh_from_db()
        assert tea.admission == ("recalled" if number == 9 else "passed")
    assert not is_for_sale(tea, club)
    entries = AuditEntry.objects.filter(action="product.complained", object_id=str(tea.pk))
    assert {entry.actor_id for entry in entries} == {person.pk for person in people[:10]}
    with transaction.atomic():
        assert (
            stock_services.commit_reservation(reference=held) is False
        )  # who has not paid yet gets it no more
    with pytest.raises(Conflict):
        admission_services.file_complaint(
            product_id=tea.pk, tenant_id=club.pk, order_id=new_id(), kind="quality", text="again",
            acting_user=people[0],
        )  # fmt: skip
    review = round_services.open_review(product_ids=[tea.pk], terms=SMALL, acting_user="central")
    vote(review, "jury", 80)
    assert is_for_sale(tea, club)
    kinds = list(tea.rulings.values_list("kind", flat=True))
    assert kinds == ["proposed", "passed", "recalled", "passed"]


def test_a_counterfeit_is_gone_at_once_everywhere_and_for_good(club: Tenant) -> None:
    tea = make_product(make_supplier(), "tea")
    pass_product(tea)
    admission_services.declare_counterfeit(
        product_id=tea.pk,
        penalty=500_000,
        currency="CNY",
        reason="the maker knows nothing of it",
        acting_user="chief",
    )
    assert not is_for_sale(tea, club)
    assert Claim.objects.get().ended_by == "delisted"
    with pytest.raises(Conflict, match="never comes back"):
        make_proposal(tea)
    with refused_by("selection.delisted_for_good"), transaction.atomic():
        Ruling.objects.create(product=tea, tenant_id=NO_ONE, kind="proposed")


def test_a_charter_keeps_what_is_on_sale_and_lets_nothing_in_but_what_passed(club: Tenant) -> None:
    farm = make_supplier()
    old, other = make_product(farm, "old"), make_tenant("other.localhost")
    charter = admission_services.adopt_charter(
        tenant_id=club.pk, reason="our people choose", acting_user="owner", panel_points=70
    )
    new = make_product(farm, "new")
    assert is_for_sale(old, club)
    assert not is_for_sale(new, club)
    assert is_for_sale(new, other)
    assert list(charter.products.values_list("product", flat=True)) == [old.pk]
    pass_product(new, club)
    assert is_for_sale(new, club)
    low = round_services.RoundTerms(panel_size=3, panel_points=60, jury_size=5, jury_points=70)
    proposal = make_proposal(make_product(farm, "next"), tenant=club)
    with pytest.raises(Conflict, match="charter"):
        round_services.open_round(
            proposal_ids=[proposal.pk], terms=low, acting_user="central", tenant_id=club.pk
        )
    with pytest.raises(Conflict, match="for good"):
        admission_services.adopt_charter(tenant_id=club.pk, reason="again", acting_user="owner")
    with pytest.raises(DatabaseError), transaction.atomic():
        Charter.objects.filter(pk=charter.pk).delete()


def test_the_networks_charter_holds_for_all_shops_and_for_what_comes_later(club: Tenant) -> None:
    farm = make_supplier()
    old, draft = make_product(farm, "old"), make_product(farm, "draft", status="draft")
    admission_services.adopt_charter(reason="from now on", acting_user="chief")
    late = make_product(farm, "late")
    Product.objects.filter(pk=draft.pk).update(status="active")
    assert [is_for_sale(product, club) for product in (old, draft, late)] == [True, False, False]


def test_a_product_that_passed_in_one_shop_is_for_sale_there(club: Tenant) -> None:
    tea, other = make_product(make_supplier(), "tea"), make_tenant("other.localhost")
    proposal = make_proposal(tea, tenant=club)
    assert not is_for_sale(tea, club)
    assert is_for_sale(tea, other)
    assert proposal_selectors.faults_of(proposal) == []
    with in_tenant(club):
        assert offer_selectors.product("farm", "tea") is None
