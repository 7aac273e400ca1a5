"""What no view caught: a page in the reader's language, and never the words of the database."""

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.support.build import make_category


def refused(request: HttpRequest) -> HttpResponse:
    """Write what is there already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_category (id, slug, name, position, required_licences)"
            " SELECT uuidv7(), slug, name, position, required_licences FROM catalog_category"
        )
    return HttpResponse()


def away(request: HttpRequest) -> HttpResponse:
    """Meet a database that has gone."""
    raise OperationalError("server closed the connection unexpectedly")


urlpatterns = [path("refused/", refused), path("away/", away)]


@pytest.fixture
def browser(db: None, settings: pytest.FixtureRequest) -> Client:
    make_category("tea")
    settings.PUBLIC_SCHEMA_URLCONF = __name__  # type: ignore[attr-defined]
    return Client(headers={"host": "localhost", "accept-language": "zh-hans"})


def test_a_refusal_is_a_page_of_its_status(browser: Client) -> None:
    answer = browser.get("/refused/", headers={"referer": "http://localhost/console/"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "已经有了" in page
    assert 'href="http://localhost/console/"' in page
    assert "catalog_category" not in page


def test_a_database_that_is_away_is_a_503(browser: Client) -> None:
    answer = browser.get("/away/", headers={"referer": "https://elsewhere.example/"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "请稍后再试" in page
    assert 'href="/"' in page
    assert "connection" not in page
