"""The states of a product under selection, in Python and in the database."""

import pytest
from django.db import connection

from selection.admission.transitions import FOLLOWS, may_follow
from selection.models import Round, Ruling

pytestmark = pytest.mark.django_db
KINDS = list(Ruling.Kind)


def test_python_and_the_database_know_the_same_transitions() -> None:
    assert set(FOLLOWS) == set(KINDS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT latest, next, selection_may_follow(latest, next)"
            " FROM unnest(%s::text[]) AS latest, unnest(%s::text[]) AS next",
            [[None, *KINDS], KINDS],
        )
        answers = cursor.fetchall()
    assert len(answers) == (len(KINDS) + 1) * len(KINDS)
    assert [may_follow(latest, Ruling.Kind(kind)) for latest, kind, _may in answers] == [
        may for _latest, _kind, may in answers
    ]


@pytest.mark.parametrize("kind", Round.Kind)
def test_a_round_judges_what_may_be_passed_and_refused(kind: Round.Kind) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT selection_judged_by(%s)", [kind])
        (judged,) = cursor.fetchone()
    assert may_follow(judged, Ruling.Kind.PASSED)
    assert may_follow(judged, Ruling.Kind.REFUSED)
