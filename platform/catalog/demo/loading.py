"""Reading the demo's texts and putting them into the catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from catalog.categories import services as category_services
from catalog.categories.models import Category
from catalog.importing.answers import ImportAnswers
from catalog.importing.bodies import clean_html
from catalog.importing.incoming import IncomingPicture, IncomingProduct, IncomingVariant
from catalog.importing.report import ImportReport
from catalog.importing.staging import Staging
from catalog.suppliers import services as supplier_services
from catalog.suppliers.models import Supplier
from kernel.money.money import parse_amount
from kernel.texts.languages import LANGUAGES

HERE = Path(__file__).parent
CURRENCY = "CNY"


@dataclass(frozen=True, slots=True)
class DemoCounts:
    """How many suppliers, products and variants the demo has, and products new or changed by the load."""

    suppliers: int
    products: int
    variants: int
    created: int
    updated: int


def load_demo_catalogue(*, acting_user: object = "demo") -> DemoCounts:
    """Bring suppliers, categories and products of the demo into the catalogue; safe to repeat.

    Stock goes back to the demo's figures. Opens the outermost transaction.
    """
    report = ImportReport(dry_run=False)
    suppliers = products = variants = 0
    with transaction.atomic(durable=True):
        categories = _save_categories()
        for document in documents():
            suppliers += 1
            supplier = _save_supplier(document["supplier"], acting_user)
            Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
            own_report = ImportReport(dry_run=False)
            with Staging(supplier_id=supplier.pk, currency=CURRENCY) as staging:
                for entry in document["products"]:
                    product = _product(entry, document, supplier, categories)
                    products += 1
                    variants += len(product.variants)
                    staging.add(product)
                staging.write(own_report, ImportAnswers())
            report.created += own_report.created
            report.updated += own_report.updated
    return DemoCounts(suppliers, products, variants, report.created, report.updated)


def documents() -> Iterator[dict[str, Any]]:
    """Yield the suppliers' documents; every scalar is a text, so that prices never become floats."""
    for file in sorted((HERE / "products").glob("*.yaml")):
        yield _read(file)


def _read(file: Path) -> Any:
    # BaseLoader builds texts, lists and dictionaries only, so it is as safe as safe_load.
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506


def _save_categories() -> dict[str, Category]:
    saved: dict[str, Category] = {}

    def save(tree: Mapping[str, Sequence[Any]], parent: Category | None) -> None:
        for position, (slug, (chinese, english, *children)) in enumerate(tree.items(), 1):
            saved[slug] = category_services.save_category(
                slug=slug, name=_texts(chinese, english), parent=parent, position=position
            )
            for child in children:
                save(child, saved[slug])

    save(_read(HERE / "categories.yaml"), None)
    return saved


def _save_supplier(entry: dict[str, Any], acting_user: object) -> Supplier:
    free_from = entry["freight_free_from"]
    return supplier_services.save_supplier(
        code=entry["code"],
        acting_user=acting_user,
        name=_texts(*entry["name"]),
        email=entry["email"],
        region=entry["region"],
        settlement_policy=entry["settlement_policy"],
        currency=CURRENCY,
        freight=parse_amount(entry["freight"], CURRENCY),
        freight_free_from=parse_amount(free_from, CURRENCY) if free_from else None,
        handling_days=int(entry["handling_days"]),
    )


def _product(
    entry: dict[str, Any], document: dict[str, Any], supplier: Supplier, categories: Mapping[str, Category]
) -> IncomingProduct:
    options = tuple((_texts(*names), tuple(values)) for *names, values in entry.get("options", ()))
    title = _texts(*entry["title"])
    return IncomingProduct(
        handle=entry["handle"],
        title=title,
        description={
            language: clean_html(
                "<ul>" + "".join(f"<li>{point[place]}</li>" for point in entry["points"]) + "</ul>"
                f"<p>{entry['text'][place]}</p>"
            )
            for place, language in enumerate(LANGUAGES)
        },
        options=options,
        variants=tuple(
            _variant(offer, len(options), f"{entry['handle']}-{number}", entry.get("list_percent"))
            for number, offer in enumerate(entry["offers"], 1)
        ),
        pictures=(IncomingPicture(f"/static/catalog/demo/{entry['handle']}.svg", title),),
        kind=document.get("kind", "physical"),
        category_id=categories[entry["category"]].pk,
        vendor=supplier.name[LANGUAGES[0]],
        tags=tuple(entry["tags"]),
        region=supplier.region,
        voucher=_voucher(*entry["voucher"]) if "voucher" in entry else None,
    )


def _voucher(valid_days: str, uses: str, refund: str) -> dict[str, int | bool]:
    return {"valid_days": int(valid_days), "uses": int(uses), "refund_on_expiry": refund == "true"}


def _variant(offer: Sequence[str], options: int, sku: str, list_percent: str | None) -> IncomingVariant:
    suggested_text, lowest, cost, stock, grams = offer[options:]
    suggested = parse_amount(suggested_text, CURRENCY)
    return IncomingVariant(
        options=tuple(offer[:options]),
        suggested=suggested,
        # The maker's list price, where it is above what is asked: in whole yuan, rounded up.
        compare_at=-(-suggested * int(list_percent) // 10_000) * 100 if list_percent else None,
        minimum=parse_amount(lowest, CURRENCY),
        cost=parse_amount(cost, CURRENCY),
        quantity=int(stock),
        weight_grams=int(grams),
        sku=sku.upper(),
    )


def _texts(chinese: str, english: str) -> dict[str, str]:
    return dict(zip(LANGUAGES, (chinese, english), strict=True))
