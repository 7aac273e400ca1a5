"""While a page is made the same question is asked once; a command always asks."""

from kernel.caches import memo
from kernel.tenancy import in_tenant
from tests.support.build import make_tenant


def make_question():
    questions = []

    @memo.once_a_page
    def question() -> int:
        questions.append(1)
        return len(questions)

    return question


def test_outside_a_page_every_question_is_asked():
    question = make_question()
    assert [question(), question()] == [1, 2]


def test_inside_a_page_the_first_answer_serves_all_and_is_forgotten_afterwards():
    question = make_question()
    with memo.one_page():
        assert [question(), question()] == [1, 1]
    with memo.one_page():
        assert question() == 2
    assert question() == 3


def test_two_questions_and_two_tenants_have_answers_of_their_own(db):
    first, second = make_question(), make_question()
    tenant = make_tenant()
    with memo.one_page():
        first()
        assert (first(), second()) == (1, 1)
        with in_tenant(tenant):
            assert first() == 2
        assert first() == 1
