"""Importing a file whose columns somebody has chosen: any table, a row a variant or a product.

What most systems and people call their columns is known here in the languages of the shops that were tried,
so that most choices are right before anybody looks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.importing.cells import Cells
from catalog.importing.columns import Columns, choose, recognise_by
from catalog.importing.gathering import Key
from catalog.importing.handles import handle_from
from catalog.importing.incoming import ImportTerms, IncomingProduct
from catalog.importing.others.arranging import addresses, arranged
from catalog.importing.products import Reader, import_with, same_product
from catalog.importing.report import ImportReport, RowError
from catalog.importing.shopify import columns as shopify_columns
from catalog.importing.shopify.rows import SLOTS, read_product, variant_name
from kernel.errors import InvalidInput, Text

LABELS: Mapping[str, Text] = {
    "title": gettext_lazy("title"),
    "price": gettext_lazy("price"),
    "handle": gettext_lazy("what the rows of one product share"),
    "value1": gettext_lazy("first option (size, say)"),
    "value2": gettext_lazy("second option (colour, say)"),
    "value3": gettext_lazy("third option"),
    "sku": gettext_lazy("SKU"),
    "barcode": gettext_lazy("barcode"),
    "quantity": gettext_lazy("stock"),
    "compare_at": gettext_lazy("compare-at price"),
    "cost": gettext_lazy("cost"),
    "body": gettext_lazy("description"),
    "image": gettext_lazy("picture"),
    "vendor": gettext_lazy("brand"),
    "type": gettext_lazy("category"),
    "tags": gettext_lazy("tags"),
    "grams": gettext_lazy("weight in grams"),
    "kilograms": gettext_lazy("weight in kilograms"),
    "ships": gettext_lazy("needs shipping"),
    "status": gettext_lazy("state"),
}
"""What a column can be chosen to mean, in the order in which it is asked."""
KNOWN: Mapping[str, Sequence[str]] = {
    "title": (
        *(
            "Name",
            "Product name",
            "Product title",
            "Product",
            "Item",
            "Item name",
            "商品名称",
            "商品标题",
            "品名",
        ),
        *("名称", "标题", "商品名", "產品名稱", "商品名稱", "Titel", "Produktname", "Bezeichnung"),
        *("Artikelbezeichnung", "Nom", "Titre", "Désignation", "Nombre", "Título", "Nome", "Название"),
        "Наименование",
    ),
    "price": (
        *("Regular price", "Selling price", "Retail price", "Unit price", "价格", "售价", "单价", "零售价"),
        *("建议零售价", "價格", "售價", "Preis", "Verkaufspreis", "VK", "Prix", "Prix de vente", "Precio"),
        *("Prezzo", "Preço", "Цена", "価格", "販売価格"),
    ),
    "handle": ("Slug", "Parent SKU", "Product code", "Group", "SPU", "款号", "商品编号", "商品编码"),
    "value1": (
        "Size",
        "Variant",
        "Option",
        "Option1",
        "规格",
        "尺码",
        "尺寸",
        "Größe",
        "Taille",
        "Talla",
        "Размер",
    ),
    "value2": ("Colour", "Color", "颜色", "顏色", "Farbe", "Couleur", "Цвет"),
    "value3": ("Material", "材质"),
    "sku": (
        *(
            "Item number",
            "Item no.",
            "Article number",
            "Model",
            "货号",
            "编码",
            "商家编码",
            "SKU编码",
            "貨號",
        ),
        *("Artikelnummer", "Art.-Nr.", "Référence", "Referencia", "Артикул", "品番"),
    ),
    "barcode": ("EAN", "GTIN", "UPC", "EAN-13", "ISBN", "条码", "条形码", "商品条码", "條碼", "Штрихкод"),
    "quantity": (
        *(
            "Stock",
            "Quantity",
            "Qty",
            "Inventory",
            "In stock",
            "Available",
            "库存",
            "库存数量",
            "数量",
            "可售库存",
        ),
        *("庫存", "Bestand", "Lagerbestand", "Menge", "Quantité", "Cantidad", "Остаток", "在庫"),
    ),
    "compare_at": ("List price", "MSRP", "RRP", "市场价", "划线价", "原价", "吊牌价", "UVP", "Prix barré"),
    "cost": (
        *(
            "Cost",
            "Cost price",
            "Purchase price",
            "Wholesale price",
            "成本",
            "成本价",
            "供货价",
            "进价",
            "批发价",
        ),
        *("Einkaufspreis", "EK"),
    ),
    "body": (
        *(
            "Body",
            "Details",
            "描述",
            "商品描述",
            "详情",
            "商品详情",
            "Beschreibung",
            "Descripción",
            "Descrizione",
        ),
        "Описание",
    ),
    "image": (
        *("Image", "Image URL", "Images", "Picture", "Photo", "图片", "主图", "商品图片", "图片链接", "Bild"),
        *("Bild-URL", "Imagen"),
    ),
    "vendor": ("Brand", "Manufacturer", "品牌", "制造商", "Marke", "Hersteller", "Marque", "Marca", "Бренд"),
    "type": (
        *("Category", "Product type", "Product category", "分类", "类目", "类别", "商品分类", "Kategorie"),
        *("Catégorie", "Categoría", "Категория"),
    ),
    "tags": ("Tag", "Keywords", "标签", "关键词"),
    "grams": ("Weight (g)", "Grams", "Weight in grams", "重量(克)", "重量(g)", "重量（克）", "Gewicht (g)"),
    "kilograms": (*("Weight (kg)", "重量(kg)", "重量(千克)", "重量（千克）", "重量(公斤)", "Gewicht (kg)"),),
}
NAMES: dict[str, tuple[str, ...]] = {
    key: (*shopify_columns.NAMES.get(key, ()), *KNOWN.get(key, ())) or (key,)
    for key in dict.fromkeys([*LABELS, *shopify_columns.NAMES])
}
REQUIRED = ("title", "price")


def guess(header: Sequence[str]) -> dict[str, str]:
    """Return which columns are probably meant: meaning -> name in the file, for what LABELS has."""
    columns = recognise_by(header, NAMES, required=())
    return {key: name for key, name in columns.shown().items() if key in LABELS}


def columns_as_chosen(header: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Return the columns of a choice. Raises InvalidInput if it lacks a title or a price."""
    columns = choose(header, NAMES, {key: name for key, name in chosen.items() if name})
    missing = [key for key in REQUIRED if key not in columns.present]
    if not missing:
        return columns
    if len(missing) == len(REQUIRED) and "image" in columns.present:
        message = _("a file of pictures alone cannot be brought in")
        remedy = _("export the products with their titles and prices beside the pictures")
    else:
        names = ", ".join(str(LABELS[key]) for key in missing)
        message = _("nothing says which column is this: %(columns)s") % {"columns": names}
        remedy = _("choose it: on the page of the file, or on the command line by --column “%(key)s=…”")
        remedy %= {"key": missing[0]}
    raise InvalidInput(
        message, field="columns", line=1, value=", ".join(filter(None, header))[:200], remedy=remedy
    )


def key_of(columns: Columns, header: Sequence[str]) -> Key:
    """Return the key of rows.

    What they were said to share, else the title if there are options, else the SKU.
    """
    places = [place for key in _naming(columns) if (place := columns.place_of(key, header)) >= 0]

    def key(cells: list[str]) -> str | None:
        for place in places:
            if place < len(cells) and (text := cells[place].strip()):
                return same_product(text)
        return ""

    return key


def _naming(columns: Columns) -> Sequence[str]:
    has_options = any(f"value{slot}" in columns.present for slot in SLOTS)
    return ("handle", "title", "sku") if has_options else ("handle", "sku", "title")


def read_chosen(rows: Sequence[Cells], terms: ImportTerms, errors: list[RowError]) -> IncomingProduct | None:
    """Return the product, or None after adding every fault to ``errors``."""
    head = rows[0]
    name = next(text for key in _naming(head.columns) if (text := head.text[key]))
    common = {"handle": head.text["handle"] or handle_from(name)}
    shopify_rows = [
        cells
        for row in rows
        for cells in arranged(row, common | _values(row, is_head=row is head), addresses(row.text["image"]))
    ]
    return read_product(shopify_rows, terms, errors)


def _values(row: Cells, *, is_head: bool) -> dict[str, str]:
    values = {"weight": row.text["kilograms"], "weight_unit": "kg"} if row.text["kilograms"] else {}
    if not is_head:
        return values
    return values | {
        f"name{slot}": row.text[f"name{slot}"] or row.columns.called[f"value{slot}"]
        for slot in SLOTS
        if row.has(f"value{slot}")
    }


def import_products(*, columns: Mapping[str, str] | None = None, **options: Any) -> ImportReport:
    """See ``products.import_with``; ``columns``: meaning -> name in the file, guessed if empty."""

    def recognise(header: list[str]) -> Columns:
        return columns_as_chosen(header, columns or guess(header))

    return import_with(Reader(recognise, read_chosen, variant_name, key=key_of), **options)
