"""A payee reads why they got an amount, and nothing that is only the shop's business."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from kernel.money.amounts import decimal_text
from tenants.agents.rules.sale import sentences


@dataclass(frozen=True)
class Earned:
    """An earning as the sentences take it."""

    amount: int
    promised: int
    base: str
    base_amount: int
    rate: int
    payee: str
    cut: str
    earn_id: str = "the-rule-of-the-shop"
    version: int = 3
    currency: str = "CNY"


CUTS = (
    "",
    sentences.CUT_CAP,
    sentences.CUT_DAY,
    sentences.CUT_LIMIT,
    sentences.CUT_MARGIN,
    sentences.CUT_BUDGET,
)
earned = st.builds(
    Earned,
    amount=st.integers(1, 99),
    promised=st.integers(10_000, 99_999),
    base=st.sampled_from(
        [sentences.BASE_GOODS, sentences.BASE_MARGIN, sentences.BASE_ORDER, sentences.BASE_UNIT]
    ),
    base_amount=st.integers(100_000, 999_999),
    rate=st.integers(1, 1_000_000),
    payee=st.sampled_from(sorted(sentences.PAYEES)),
    cut=st.sampled_from(CUTS),
)


@given(earned)
def test_the_payees_sentence_names_neither_the_shops_margin_nor_its_rules(earning: Earned) -> None:
    texts = sentences.explain_to_payee(earning)
    assert set(texts) == {"zh-hans", "en"}
    for text in texts.values():
        assert decimal_text(earning.amount, "CNY") in text
        assert earning.earn_id not in text
        if earning.base == sentences.BASE_MARGIN:
            assert decimal_text(earning.base_amount, "CNY") not in text
            assert decimal_text(earning.promised, "CNY") not in text
    full = sentences.explain(earning)
    assert all(earning.earn_id in text for text in full.values()), "the shop reads which rule it was"


def test_what_a_payee_of_the_margin_reads() -> None:
    earning = Earned(900, 900, sentences.BASE_MARGIN, 4_500, 200_000, "sharer", "")
    assert sentences.explain_to_payee(earning) == {
        "zh-hans": "9.00 = 这一单收益的 20%；身份：第一级分享人",
        "en": "9.00 = 20 % of what this order earned, as first sharer",
    }
