"""What a console shows and in which order: screens and the pages of models, in the groups of its side bar."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from kernel.errors import Text

type View = Callable[..., HttpResponseBase]
type Gate = Callable[[HttpRequest], HttpResponseBase | None]
"""What answers in the place of a page, or lets it answer: then it returns None."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A page of a console that is no model's own; without a ``title`` the side bar leaves it out.

    A ``sensitive`` one opens only to who has lately proved who they are: it gives out money, keys or roles.
    """

    route: str
    view: View
    name: str
    permission: str
    title: Text = ""
    icon: str = ""
    sensitive: bool = False

    def url_pattern(self, guard: Callable[[View], View], confirm: Gate) -> URLPattern:
        """Return the path; people of the console whose role lacks ``permission`` get 403."""

        @wraps(self.view)
        def permitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(self.permission):
                raise PermissionDenied
            return (confirm(request) if self.sensitive else None) or self.view(request, *args, **kwargs)

        return path(self.route, guard(permitted), name=self.name)


@dataclass(frozen=True, slots=True)
class ModelPages:
    """The list of a model and the page of each row; ``title`` is the model's plural where it is empty."""

    model: type[Model]
    admin: type[ModelAdmin[Any]]
    icon: str
    title: Text = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the side bar, in the order in which it is shown."""

    title: Text
    pages: Iterable[Screen | ModelPages]
