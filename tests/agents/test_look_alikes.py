"""What looks like YAML and is not: full-width punctuation, curly quotes, long dashes, other spaces."""

import pytest
import yaml

from tenants.agents.rules.document.faults import DocumentFault, FaultyDocument
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.splitting.examples import read_example

WRITTEN = """\
name: {zh-hans: 我的规则, en: "Mine: all"}
roles:
  - id: keeper
    name: 店主
    reach: {metric: own_sales, at_least: 500.5}
earn:
  - id: share
    kind: commission
    payee: sharer
    percent: 8
    when: {payee_roles: [keeper], first_order: true}
"""
LOOK_ALIKES = {
    ":": "：", ",": "，、", "-": "－—–−", "[": "［【", "]": "］】", "{": "｛", "}": "｝", '"': "“”＂",
    ".": "．", " ": "\u00a0\u3000\u2009\u202f", "8": "８", "5": "５",
}  # fmt: skip


def read(text: str) -> tuple[Rules | None, tuple[DocumentFault, ...]]:
    try:
        return parse(text), ()
    except FaultyDocument as error:
        return None, error.faults


def faults_of(text: str) -> tuple[DocumentFault, ...]:
    return read(text)[1]


def test_any_character_of_a_document_that_is_a_look_alike_is_named_with_its_line() -> None:
    plain, named = parse(WRITTEN), 0
    for place, character in enumerate(WRITTEN):
        line = WRITTEN.count("\n", 0, place) + 1
        for other in LOOK_ALIKES.get(character, ""):
            written = WRITTEN[:place] + other + WRITTEN[place + 1 :]
            rules, faults = read(written)
            if rules is not None:
                # Within a text of somebody's own any character is welcome.
                assert rules.document.earn == plain.document.earn
                continue
            alike = [fault for fault in faults if fault.code in {"wide", "odd_space"}]
            assert [fault.line for fault in alike] == [line], (written.splitlines()[line - 1], faults)
            assert f"U+{ord(other):04X}" in alike[0].message["en"]
            named += 1
    assert named > 100


@pytest.mark.parametrize(
    ("written", "code", "message", "remedy"),
    [
        ("currency：CNY", "wide", "全角冒号（U+FF1A）", "半角的 :"),
        ("currency: CNY\u00a0", "odd_space", "不换行空格（U+00A0）", "按空格键"),
        ("currency:\u3000CNY", "odd_space", "全角空格（U+3000）", "按空格键"),
        ("curr\u200bency: CNY", "odd_space", "看不见的字符（U+200B）", "删掉"),
    ],
)
def test_the_sentence_says_what_it_is_and_what_to_type(
    written: str, code: str, message: str, remedy: str
) -> None:
    (fault,) = faults_of(f"name: x\n{written}\nroles: []\n")
    assert (fault.code, fault.line) == (code, 2)
    assert message in fault.message["zh-hans"]
    assert remedy in fault.remedy["zh-hans"]


def test_texts_keep_their_own_punctuation() -> None:
    assert parse("name: 春节：买一送一，满 100 减 5\n").document.name == "春节：买一送一，满 100 减 5"
    (fault,) = faults_of("name: 春节：买一送一\ncurrency: yuan\n")
    assert fault.code == "currency"
    (fault,) = faults_of("name: x\nabout: 春节：立减 5: 送一件\n")
    assert fault.code == "second_colon"


def test_a_sale_that_is_written_down_is_answered_alike() -> None:
    with pytest.raises(FaultyDocument) as caught:
        read_example("price: 150\ncost：90\n")
    assert [fault.code for fault in caught.value.faults] == ["wide"]
    assert yaml.safe_load("price: 150\ncost：90: 1\n")
