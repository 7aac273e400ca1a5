"""Lists are narrowed by their declared filters and by nothing else: by no hash of a password, no relation."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.db.models import ForeignKey
from django.urls import reverse

from backoffice.console import Console
from central.urls import central as central_console
from tenants.console.urls import console as shop_console

SHOP, PLATFORM = "config.urls.tenant", "config.urls.central"


def _undeclared(admin: ModelAdmin[Any]) -> Iterator[str]:
    declared = {
        entry if isinstance(entry, str) else getattr(entry, "parameter_name", None)
        for entry in admin.list_filter
    }
    for field in admin.model._meta.concrete_fields:
        yield f"{field.name}__startswith"
        if field.name not in declared:
            yield field.name
            yield f"{field.name}__exact"
        if isinstance(field, ForeignKey):
            yield from (
                f"{field.name}__{deeper.name}" for deeper in field.related_model._meta.concrete_fields[1:4]
            )


def _declared(admin: ModelAdmin[Any]) -> Iterator[str]:
    for entry in admin.list_filter:
        if isinstance(entry, str):
            field = admin.model._meta.get_field(entry)
            yield f"{entry}__id__exact" if isinstance(field, ForeignKey) else f"{entry}__exact"


def _lists(console: Console, urlconf: str) -> Iterator[tuple[str, ModelAdmin[Any]]]:
    for model, admin in console._registry.items():
        name = f"{console.name}:{model._meta.app_label}_{model._meta.model_name}_changelist"
        yield reverse(name, urlconf), admin


@pytest.mark.parametrize("surface", ["shop", "central"])
@pytest.mark.slow
def test_a_list_takes_its_declared_filters_only(surface: str, console: Any, central_team: Any) -> None:
    lists = _lists(shop_console, SHOP) if surface == "shop" else _lists(central_console, PLATFORM)
    browser = console.browser() if surface == "shop" else central_team
    tried = 0
    for path, admin in lists:
        for lookup in _undeclared(admin):
            assert browser.get(f"{path}?{lookup}=a").status_code == 400, f"{path}?{lookup}"
            tried += 1
        for lookup in _declared(admin):
            assert browser.get(f"{path}?{lookup}=").status_code in {200, 302}, f"{path}?{lookup}"
    assert tried > 50
