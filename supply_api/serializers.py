"""The shapes that go in and out, as the OpenAPI document shows them. Amounts are minor units."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

MAX_LINES, MAX_QUANTITY = 100, 999
Text = serializers.DictField
"""{"zh-hans": …, "en": …}; a language may be missing."""


class Strict(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt field is a mistake, not a wish."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked content, or name every unknown field."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({str(name): ["unknown field"] for name in unknown})
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer; "3", 3.0 and true are refused, so that nothing is guessed."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number as it was sent."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class PlainText(serializers.CharField):
    """A JSON string; numbers are refused, and what no database can hold: half a surrogate pair, a NUL."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text without spaces at its ends."""
        if type(data) is not str or any("\ud800" <= char <= "\udfff" for char in data):
            self.fail("invalid")
        return super().to_internal_value(data)


class PlainTextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Says of PlainText what JSON Schema can say; drf-spectacular finds this class by itself."""

    target_class = PlainText

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the schema: a required text has a character that is no space."""
        field = self.target
        # For a text that may be blank drf-spectacular adds the blank one as an alternative.
        pattern = r"^[^\u0000]+$" if field.allow_blank else r"^[^\u0000]*[!-~\u00a1-\ufffd][^\u0000]*$"
        return {"type": "string", "maxLength": field.max_length, "pattern": pattern}


class SupplierDocument(serializers.Serializer[Any]):
    """Who ships a product, and what its freight is per order."""

    code = serializers.CharField()
    name = Text(child=serializers.CharField())
    region = serializers.CharField(allow_blank=True)
    freight = serializers.IntegerField(help_text="per order and supplier, minor units; vouchers have none")
    freight_free_from = serializers.IntegerField(allow_null=True, help_text="cost of goods, minor units")
    handling_days = serializers.IntegerField()


class OptionDocument(serializers.Serializer[Any]):
    """One thing to choose, such as a size."""

    name = Text(child=serializers.CharField())
    values = serializers.ListField(child=serializers.CharField())


class VariantDocument(serializers.Serializer[Any]):
    """What is ordered. ``cost`` is what you pay a unit, ``price`` what your shop asks."""

    variant_id = serializers.UUIDField()
    sku = serializers.CharField(allow_blank=True)
    options = serializers.ListField(child=serializers.CharField())
    price = serializers.IntegerField(help_text="your shop's price, minor units")
    compare_at = serializers.IntegerField(allow_null=True)
    cost = serializers.IntegerField(help_text="supply cost, minor units; send it back as expected_cost")
    available = serializers.IntegerField(help_text="units that can be ordered now")


class ProductDocument(serializers.Serializer[Any]):
    """A product that your shop lists, with your own titles and prices."""

    product_id = serializers.UUIDField()
    handle = serializers.CharField()
    kind = serializers.ChoiceField(choices=["physical", "voucher"])
    title = Text(child=serializers.CharField())
    description = Text(child=serializers.CharField(), help_text="sanitised HTML")
    vendor = serializers.CharField(allow_blank=True)
    categories = serializers.ListField(child=serializers.CharField(), help_text="slugs, from the root")
    tags = serializers.ListField(child=serializers.CharField())
    images = serializers.ListField(child=serializers.CharField(), help_text="absolute addresses")
    currency = serializers.CharField()
    supplier = SupplierDocument()
    options = OptionDocument(many=True)
    variants = VariantDocument(many=True)
    updated_at = serializers.DateTimeField()


class CataloguePage(serializers.Serializer[Any]):
    """A page of the catalogue; ``next`` is the cursor of the following one, null at the end."""

    items = ProductDocument(many=True)
    next = serializers.CharField(allow_null=True)


class BalanceDocument(serializers.Serializer[Any]):
    """What is left of the prepaid balance, minor units."""

    currency = serializers.CharField()
    available = serializers.IntegerField()


class OrderLineRequest(Strict):
    """A variant, how many, and the unit cost you know."""

    variant_id = serializers.UUIDField()
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)
    expected_cost = WholeNumber(min_value=0, max_value=10**15, help_text="minor units; another cost is a 409")


class AddressRequest(Strict):
    """Where the parcels go. Not needed if the order holds vouchers only.

    In China ``division``, or ``region`` in words; elsewhere what the country's addresses have.
    """

    name = PlainText(max_length=60)
    phone = PlainText(max_length=32, help_text="as it is dialled in the country, or with + and its code")
    country = PlainText(max_length=2, required=False, help_text="ISO 3166; without it China")
    division = PlainText(
        max_length=6, required=False, help_text="China: code of the smallest division (GB/T 2260), 310104"
    )
    region = PlainText(
        max_length=120,
        required=False,
        help_text="China, without a code: province, city and district, nothing else",
    )
    area = PlainText(max_length=60, required=False, help_text="elsewhere: state, province or prefecture")
    city = PlainText(max_length=60, required=False, help_text="elsewhere")
    city_area = PlainText(max_length=60, required=False, help_text="elsewhere: part of the city")
    postcode = PlainText(max_length=16, required=False, help_text="elsewhere, where the country has them")
    address = PlainText(max_length=240, help_text="street, house and door")


class OrderRequest(Strict):
    """An order that the prepaid balance pays at once."""

    reference = PlainText(
        max_length=80, required=False, default="", allow_blank=True, help_text="your number"
    )
    ship_to = AddressRequest(required=False)
    lines = serializers.ListField(child=OrderLineRequest(), min_length=1, max_length=MAX_LINES)


class ShipmentDocument(serializers.Serializer[Any]):
    """A parcel."""

    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    shipped_at = serializers.DateTimeField()


class OrderedLine(serializers.Serializer[Any]):
    """A line as it was ordered."""

    product_id = serializers.UUIDField()
    variant_id = serializers.UUIDField()
    sku = serializers.CharField(allow_blank=True)
    title = Text(child=serializers.CharField())
    options = serializers.ListField(child=serializers.CharField())
    quantity = serializers.IntegerField()
    unit_cost = serializers.IntegerField()


class SupplierOrderDocument(serializers.Serializer[Any]):
    """What one supplier sends."""

    number = serializers.CharField()
    supplier = serializers.CharField(help_text="its name in the language of the request")
    state = serializers.ChoiceField(choices=["to_ship", "shipped", "received", "cancelled"])
    freight = serializers.IntegerField()
    lines = OrderedLine(many=True)
    shipments = ShipmentDocument(many=True)


class OrderSummary(serializers.Serializer[Any]):
    """An order in a list. ``total`` = ``goods`` + ``freight`` + ``fee``, minor units."""

    number = serializers.CharField()
    reference = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=["paid", "shipped", "received", "refunded"])
    currency = serializers.CharField()
    goods = serializers.IntegerField(help_text="sum of the supply costs")
    freight = serializers.IntegerField()
    fee = serializers.IntegerField(help_text="platform fee")
    total = serializers.IntegerField(help_text="taken from the prepaid balance")
    placed_at = serializers.DateTimeField()


class OrderDocument(OrderSummary):
    """A whole order."""

    ship_to = AddressRequest(allow_null=True)
    supplier_orders = SupplierOrderDocument(many=True)


class OrderPage(serializers.Serializer[Any]):
    """A page of orders, newest first; ``next`` is the cursor of the following one, null at the end."""

    items = OrderSummary(many=True)
    next = serializers.CharField(allow_null=True)


class FieldFault(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """A refusal (RFC 9457). ``code`` is stable; the other texts are for people and are translated."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    field = serializers.CharField(required=False)
    value = serializers.CharField(required=False)
    remedy = serializers.CharField(required=False)
    faults = FieldFault(many=True, required=False, help_text="every fault of a 422")
    missing = serializers.IntegerField(
        required=False, help_text="of a 402: what the balance lacks, minor units"
    )
    variant_id = serializers.UUIDField(required=False, help_text="of a 409: the line it is about")
    cost = serializers.IntegerField(required=False, help_text="of a 409 cost_changed: the present cost")
