"""Builders: the smallest real thing a test needs, made the way the product makes it.

The cast: Alice owns a shop, Bob is her member, Charlie belongs to another shop and must see nothing.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Model

from accounts import roles
from accounts.models import User
from catalog.models import Category, Price, Product, Stock, Supplier, Variant
from kernel.ids import new_id
from tenants.registry.models import Domain, Tenant
from tests.support.cluster import READY


def _changed[M: Model](row: M, fields: dict[str, Any]) -> M:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def make_tenant(host: str = "alice.localhost", **fields: Any) -> Tenant:
    """A tenant on one of the template's ready schemas, without brand, rules or people; or the world's own."""
    if there := Tenant.objects.filter(domains__domain=host).first():
        return _changed(there, fields)
    used = set(Tenant.objects.values_list("schema_name", flat=True))
    schema = next(f"t_ready{n}" for n in range(1, READY + 1) if f"t_ready{n}" not in used)
    fields.setdefault("name", {"zh-hans": "爱丽丝的店", "en": "Alice's shop"})
    tenant = Tenant.objects.create(schema_name=schema, **fields)
    Domain.objects.create(tenant=tenant, domain=host, is_primary=True)
    return tenant


def make_user(email: str = "bob@example.test", role: str = roles.MEMBER, **fields: Any) -> User:
    """A person in the present schema, or the world's own; the password is "secret-pass-1".

    The address is verified; that of somebody who has just signed up on the pages is not.
    """
    if there := User.objects.filter(email=email).first():
        return _changed(there, {"role": role, **fields})
    user = User.objects.create_user(email, "secret-pass-1", role=role, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_supplier(code: str = "farm", **fields: Any) -> Supplier:
    """A supplier that is paid when it ships and asks 6.00 CNY for freight; or the world's own."""
    fields.setdefault("name", {"zh-hans": "农场", "en": "The farm"})
    fields.setdefault("freight", 600)
    if there := Supplier.objects.filter(code=code).first():
        return _changed(there, fields)
    return Supplier.objects.create(code=code, **fields)


def make_category(slug: str = "food", parent: Category | None = None) -> Category:
    """A category, or the one that has this slug already."""
    category, _created = Category.objects.get_or_create(
        slug=slug, defaults={"name": {"zh-hans": slug, "en": slug}, "parent": parent}
    )
    return category


def make_product(
    supplier: Supplier,
    handle: str = "",
    *,
    price: int = 10_000,
    cost: int = 6_000,
    stock: int = 100,
    options: tuple[str, ...] = (),
    category: Category | None = None,
    currency: str = "CNY",
    **fields: Any,
) -> Product:
    """An active product with a variant per option value (one without options)."""
    handle = handle or f"product-{new_id().hex[-8:]}"
    fields.setdefault("title", {"zh-hans": f"商品 {handle}", "en": f"Product {handle}"})
    product = Product.objects.create(
        supplier=supplier,
        handle=handle,
        category=category or make_category(),
        options=[{"name": {"zh-hans": "规格", "en": "Size"}, "values": list(options)}] if options else [],
        search_text=" ".join(fields["title"].values()).lower(),
        **fields,
    )
    for position, option in enumerate(options or ("",)):
        variant = Variant.objects.create(
            product=product, options=[option] if option else [], sku=f"{handle}-{position}", position=position
        )
        Price.objects.create(variant=variant, currency=currency, cost=cost, suggested=price, minimum=cost)
        Stock.objects.create(variant=variant, available=stock)
    return product


RULES = """
name: Test
roles:
  - id: provider
    name: {zh-hans: 服务商, en: Service provider}
    company: true
tax: {commission: withheld_by_platform, service_fee: invoice_by_company}
limits: {payout: {percent: 100, of: margin}}
earn:
  - {id: saving, kind: price_reduction, payee: buyer, percent: 10}
  - {id: share, kind: commission, payee: sharer, percent: 8, hold_days: 7}
  - {id: second, kind: commission, payee: second, percent: 3, hold_days: 7}
  - {id: service, kind: service_fee, payee: nearest_above, percent: 5, when: {payee_roles: [provider]}}
"""


ADDRESS = {"name": "王小满", "phone": "13800138000", "region": "上海市徐汇区", "address": "漕溪北路 1200 号"}
