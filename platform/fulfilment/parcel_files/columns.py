"""The columns of the file of orders to ship, which goes out empty and comes back filled in."""

from django.utils.translation import get_language

HEADINGS = {
    "zh-hans": {
        "number": "订单号",
        "order_line": "行号",
        "carrier": "快递公司",
        "tracking_number": "运单号",
        "units": "数量",
        "sku": "货号",
        "goods": "商品",
        "shop": "店铺",
        "name": "收件人",
        "phone": "电话",
        "region": "地区",
        "address": "详细地址",
        "placed": "下单时间",
    },
    "en": {
        "number": "Order",
        "order_line": "Line",
        "carrier": "Carrier",
        "tracking_number": "Tracking number",
        "units": "Units",
        "sku": "SKU",
        "goods": "Goods",
        "shop": "Shop",
        "name": "Name",
        "phone": "Phone",
        "region": "Region",
        "address": "Address",
        "placed": "Placed at",
    },
}
NEEDED = ("number", "carrier", "tracking_number")
READ = (*NEEDED, "order_line", "units")
OTHER_NAMES = {"快递单号": "tracking_number", "物流公司": "carrier", "tracking": "tracking_number"}


def headings() -> dict[str, str]:
    """Return the headings by column, in the active language."""
    return HEADINGS["zh-hans" if (get_language() or "").startswith("zh") else "en"]


def known_headings() -> dict[str, str]:
    """Return the columns that are read by each heading that names them, in lower case."""
    pairs = ((name.casefold(), key) for names in HEADINGS.values() for key, name in names.items())
    return {name: key for name, key in pairs if key in READ} | OTHER_NAMES | {key: key for key in READ}
