"""The document in which a tenant writes how its people earn. Parsed, checked, never changed.

Percents become parts per million and amounts minor units of the document's currency, both integers; the
text ``12`` in ``percent: 12`` and ``percent: "12"`` mean the same. The models are also the JSON Schema.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kernel.money.amounts import is_currency
from tenants.agents.rules.document.quantities import Amount, Percent, problem

LANGUAGES = ("zh-hans", "en")
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Count = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Days = Annotated[int, Field(ge=0, le=3650, strict=True)]


def _known_language(value: str) -> str:
    if value not in LANGUAGES:
        raise problem("choice", value=value, expected=", ".join(LANGUAGES))
    return value


Language = Annotated[str, AfterValidator(_known_language)]
Names = dict[Language, Line] | Line


class Part(BaseModel):
    """A part of a document: unknown keys are refused, nothing changes after parsing."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Window(Part):
    """Over what time a metric counts; without a window it counts everything.

    ``rolling_months: 3`` reaches from today back to the day after the same day three months earlier;
    ``calendar: month`` begins on the first of the month. Days are those of the tenant's time zone.
    """

    rolling_months: Annotated[int, Field(ge=1, le=120, strict=True)] | None = None
    rolling_days: Annotated[int, Field(ge=1, le=3660, strict=True)] | None = None
    calendar: Literal["month", "quarter", "year"] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        windows = [name for name in ("rolling_months", "rolling_days", "calendar") if getattr(self, name)]
        if len(windows) != 1:
            raise problem("one_of", first="rolling_months / rolling_days", second="calendar")
        return self


MONEY_METRICS = frozenset({"own_spend", "own_sales", "sales_of_bound"})


class Condition(Part):
    """Either one metric that reaches a number, or a group: ``all`` of them, or ``any`` of them.

    Metrics: ``own_spend`` (what this person bought), ``own_sales`` (goods bought by the people bound to
    them), ``sales_of_bound`` (goods bought by the people bound to those), ``purchases`` (orders bought),
    ``bound_fans`` (people bound), ``holders_below`` (people bound directly that hold ``role``), ``tasks``
    (tasks completed).
    """

    all: Annotated[list["Condition"], Field(min_length=1, max_length=20)] | None = None
    any: Annotated[list["Condition"], Field(min_length=1, max_length=20)] | None = None
    metric: (
        Literal[
            "own_spend", "own_sales", "sales_of_bound", "purchases", "bound_fans", "holders_below", "tasks"
        ]
        | None
    ) = None
    at_least: Amount | None = Field(
        None, description="money for spend and sales, else a number of people or things"
    )
    role: Id | None = None
    window: Window | None = None

    @model_validator(mode="after")
    def _shape(self) -> Self:
        shapes = [self.all is not None, self.any is not None, self.metric is not None]
        if sum(shapes) != 1:
            raise problem("one_of", first="all / any", second="metric")
        if self.metric is None:
            for name in ("at_least", "role", "window"):
                if getattr(self, name) is not None:
                    raise problem("not_here", what="all / any", unwanted=name)
            return self
        if self.at_least is None:
            raise problem("needs", what=f"metric: {self.metric}", needed="at_least")
        if (self.metric == "holders_below") != (self.role is not None):
            code = "needs" if self.role is None else "not_here"
            raise problem(code, what=f"metric: {self.metric}", needed="role", unwanted="role")
        if self.metric not in MONEY_METRICS and self.at_least != self.at_least.to_integral_value():
            raise problem("too_precise", value=str(self.at_least), digits=0)
        return self

    def always_asks(self, metrics: frozenset[str]) -> bool:
        """Whether there is no way to fulfil this without one of ``metrics``."""
        if self.metric:
            return self.metric in metrics
        if self.all:
            return any(inner.always_asks(metrics) for inner in self.all)
        return all(inner.always_asks(metrics) for inner in self.any or ())


class Review(Part):
    """When a role is looked at again, and what it takes to keep it."""

    every: Literal["month", "quarter", "year"]
    needs: Condition


class Role(Part):
    """Something a person can be. Without ``reach`` it is granted: by joining, or by an operator's hand."""

    id: Id
    name: Names
    company: bool = Field(default=False, description="only a registered company can hold it")
    reach: Condition | None = None
    lost: Review | None = None
    allowance: Amount | None = Field(
        default=None, description="paid every month without a sale; can be written, so that it can be refused"
    )


class Fee(Part):
    """A payment asked for joining or for a role. Can be written, so that it can be refused with a reason."""

    amount: Amount
    buys: Literal["nothing", "goods"] = "nothing"
    refundable: bool = False
    describes: Line | None = None


class Deposit(Part):
    """Money kept for the member: never income, never goods, returned by rule and on request."""

    amount: Amount
    returned_when: Condition | None = None
    returned_on_request: bool = True


class Join(Part):
    """Who becomes a member, what it takes, what it grants."""

    who: Literal["anyone", "invited", "buyers", "approved"] = "anyone"
    deposit: Deposit | None = None
    fee: Fee | None = None
    grants: Annotated[list[Id], Field(max_length=10)] = []

    def granted_to(self, who: str) -> list[str]:
        """Return the roles that coming as one of ``who`` grants; none where a deposit is asked first."""
        return list(self.grants) if self.who == who and self.deposit is None else []


class Bind(Part):
    """How a person becomes somebody's fan.

    ``when: first_touch``: the first link opened counts, remembered by the device until sign-in; somebody who
    is signed in is bound at once. ``sign_up``: only somebody new is bound. ``takeover: after_expiry`` lets
    another person bind a fan whose ``days`` have passed; ``never`` keeps even those free of others.
    """

    by: Annotated[list[Literal["link", "code", "poster"]], Field(min_length=1)] = ["link", "code", "poster"]
    when: Literal["first_touch", "sign_up"] = "first_touch"
    days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = Field(
        default=None, description="empty: for good"
    )
    takeover: Literal["never", "after_expiry"] = "never"


class GoodsFilter(Part):
    """Which goods count; each list that is given must match, each ``not_`` list must not."""

    categories: list[Slug] = []
    tags: list[Slug] = []
    products: list[Slug] = []
    not_categories: list[Slug] = []
    not_tags: list[Slug] = []
    not_products: list[Slug] = []


class When(Part):
    """When a line of ``earn`` applies."""

    buyer_roles: list[Id] = Field(default=[], description="the buyer holds one of these")
    payee_roles: list[Id] = Field(default=[], description="the payee holds one of these")
    first_order: bool | None = None
    order_at_least: Amount | None = Field(default=None, description="goods paid in the order")


Payee = Literal[
    "buyer", "sharer", "second", "third", "nearest_above", "streamer", "bringer", "author", "leader"
]
"""``third`` can be written, so that it can be refused; nothing is ever paid to it."""


class Earn(Part):
    """One way of earning, or of saving.

    Only a saving has the buyer as its payee. Another can be written, so that it can be refused; it pays
    nothing, as ``third`` does.

    ``kind``: ``price_reduction`` (the buyer pays less; never a payable), ``commission`` (a person's taxed
    income), ``service_fee`` (company to company, against an invoice). ``base``: ``goods_paid`` or ``margin``
    (goods paid less their cost). Amounts are rounded down to the smallest coin; the rest stays with the shop.
    """

    id: Id
    kind: Literal["price_reduction", "commission", "service_fee"]
    payee: Payee
    percent: Percent | None = None
    fixed: Amount | None = None
    per: Literal["order", "unit"] = Field(default="order", description="what a fixed sum is paid for")
    base: Literal["goods_paid", "margin"] = "goods_paid"
    goods: GoodsFilter = GoodsFilter()
    when: When = When()
    cap: Amount | None = Field(default=None, description="most that one order pays under this line")
    hold_days: Days = Field(default=0, description="days after receipt until it can be withdrawn")

    @model_validator(mode="after")
    def _shape(self) -> Self:
        if (self.percent is None) == (self.fixed is None):
            raise problem("one_of", first="percent", second="fixed")
        if self.payee == "nearest_above" and not self.when.payee_roles:
            raise problem("needs", what="payee: nearest_above", needed="when.payee_roles")
        if self.kind == "price_reduction" and self.base == "margin":
            raise problem("needs", what="kind: price_reduction", needed="base: goods_paid")
        return self


class Invites(Part):
    """Invitation codes: how many a member starts with, and what own sales earn one more."""

    at_start: Annotated[int, Field(ge=0, le=1000, strict=True)] = 0
    one_per_own_sales: Amount | None = None
    expire_days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = None
    price: Amount | None = Field(default=None, description="can be written, so that it can be refused")
    reward: Amount | None = Field(default=None, description="can be written, so that it can be refused")


class PayoutLimit(Part):
    """The most of one order that may be paid out, as a share of its margin or of the goods paid."""

    percent: Percent
    of: Literal["margin", "goods_paid"] = "margin"


class Limits(Part):
    """Limits. An earning that meets one is cut, and its explanation says so."""

    payout: PayoutLimit | None = None
    per_person_day: Amount | None = None
    budget_month: Amount | None = None
    below_cost: bool = Field(default=False, description="may a saving take a line below its cost?")


class Clawback(Part):
    """What refunds do to earnings; what was already withdrawn is netted from the next earnings."""

    on_refund: Literal["in_proportion"] = "in_proportion"
    already_withdrawn: Literal["net_next_earnings"] = "net_next_earnings"


class Tax(Part):
    """Who accounts for tax, by kind of payee."""

    commission: Literal["withheld_by_platform", "declared_by_payee"] | None = None
    service_fee: Literal["invoice_by_company"] | None = None


class Fraud(Part):
    """What to do about earnings that look like one's own: pay nothing, pay after a look, or only note it."""

    self_referral: Literal["refuse"] = "refuse"
    shared_device: Literal["refuse", "hold", "note"] = "note"
    shared_payout_account: Literal["refuse", "hold", "note"] = "note"


class HeadReward(Part):
    """A reward for bringing a person, without a sale. Can be written, so that it can be refused."""

    payee: Payee = "sharer"
    amount: Amount


def _known_currency(value: str) -> str:
    if not is_currency(value):
        raise problem("currency", value=value)
    return value


class Document(Part):
    """Agent rules: who people can be, who brings whom, and what each earns from a sale."""

    name: Names
    about: dict[Language, Paragraph] | Paragraph | None = None
    currency: Annotated[str, AfterValidator(_known_currency)] = "CNY"
    effective_from: date | None = Field(
        default=None, description="first day on which it counts; empty: at once"
    )
    roles: Annotated[list[Role], Field(max_length=30)] = []
    join: Join = Join()
    bind: Bind = Bind()
    earn: Annotated[list[Earn], Field(max_length=60)] = []
    invites: Invites | None = None
    rewards_per_head: list[HeadReward] = []
    limits: Limits = Limits()
    clawback: Clawback = Clawback()
    tax: Tax = Tax()
    fraud: Fraud = Fraud()

    def role(self, role_id: str) -> Role | None:
        """Return the role with that id."""
        return next((role for role in self.roles if role.id == role_id), None)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a document, for forms and for an editor's completion."""
    schema = Document.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Agent rules", **schema}
