"""What a person reads when an amount or a reason is refused, and what the log keeps of it."""

import logging

import pytest
from django.utils import translation

from backoffice.forms import AmountField, ConsoleForm, ReasonForm, refuse
from kernel.errors import InvalidInput, sentences
from kernel.money.amounts import MAX_AMOUNT
from kernel.money.money import require_positive


class Pay(ConsoleForm):
    """A form with an amount of which nothing may not be taken."""

    wage = AmountField()

    def clean_wage(self) -> int:
        """Refuse a zero."""
        wage: int = self.cleaned_data["wage"]
        try:
            require_positive(wage, "CNY", field="wage")
        except InvalidInput as error:
            refuse(self, error)
        return wage


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("1.234", "too many decimals"),
        ("-1", "negative"),
        ("9" * 20, "too large"),
        ("1,234", "no number"),
        ("0", "not above zero"),
    ],
)
def test_a_refused_amount_is_logged_by_field_and_reason_only(
    typed: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "kernel.money.money"):
        assert not Pay({"wage": typed}).is_valid()
    noted = [(row.levelname, vars(row)["field"], vars(row)["reason"]) for row in caplog.records]
    assert noted[0] == ("WARNING", "wage", reason)
    assert all(typed not in str(vars(row)) for row in caplog.records if len(typed) > 2)


def test_an_amount_that_is_taken_or_left_out_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "kernel.money.money"):
        assert Pay({"wage": "12.50"}).is_valid()
        assert not Pay({"wage": ""}).is_valid()
    assert caplog.records == []


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        (("最多可退 ¥94.57", "请减少退款金额"), "最多可退 ¥94.57。请减少退款金额。"),
        (("at most ¥94.57 can be refunded", "refund less"), "At most ¥94.57 can be refunded. Refund less."),
        (("it is closed", ""), "It is closed."),
        (("已关闭", ""), "已关闭。"),
        (("出错了！", "请重试"), "出错了！请重试。"),
        (("no such card", "declined, success"), "No such card. declined, success."),
    ],
)
def test_a_refusal_is_sentences(parts: tuple[str, str], read: str) -> None:
    assert sentences(*parts) == read
    assert InvalidInput(parts[0], remedy=parts[1]).text == read


@pytest.mark.parametrize(("amount", "said"), [(0, "above zero"), (MAX_AMOUNT + 1, "too large: at most CN¥")])
def test_the_truth_about_an_amount(amount: int, said: str) -> None:
    with translation.override("en"), pytest.raises(InvalidInput, match=said):
        require_positive(amount, "CNY")


def test_two_characters_are_a_reason() -> None:
    assert ReasonForm({"reason": "缺货"}).is_valid()
    with translation.override("zh-hans"):
        assert ReasonForm({"reason": "缺"}).errors["reason"] == ["请填写原因，至少两个字。"]
    with translation.override("en"):
        assert ReasonForm({"reason": "x"}).errors["reason"] == ["Say why, in at least two characters."]
