"""A console: who may enter it, how it looks, and where the pages it was given are found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth import logout as sign_out
from django.contrib.auth.views import LoginView
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.i18n import set_language
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from backoffice.navigation import Gate, Group, ModelPages, Screen, View
from backoffice.sign_in import ConsoleSignInForm
from kernel import audit
from kernel.clock import CENTRAL_ZONE
from kernel.errors import Text
from kernel.tenancy import PUBLIC
from kernel.texts.translated import pick

# Unfold is built on Alpine, which turns attributes into functions (unsafe-eval), and writes its
# colours into a <style> element (unsafe-inline for styles). Only signed-in staff see these pages, and
# no page that members see is loosened: the other pages keep SECURE_CSP.
CONSOLE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "https:"],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.SELF],
}

# Unfold's steps of a colour, with lightness and share of the chroma; white on step 600 reaches AA in any hue.
STEPS = {
    "50": (0.977, 0.1), "100": (0.946, 0.2), "200": (0.902, 0.35), "300": (0.827, 0.6), "400": (0.714, 0.9),
    "500": (0.6, 1.0), "600": (0.5, 1.0), "700": (0.44, 0.95), "800": (0.39, 0.85), "900": (0.34, 0.7),
    "950": (0.26, 0.5),
}  # fmt: skip


def ramp(chroma: float, hue: float) -> dict[str, str]:
    """Return Unfold's eleven steps for a colour of that chroma and hue (OKLCH)."""
    return {
        step: f"oklch({lightness} {min(chroma, 0.19) * share:.3f} {hue:.1f})"
        for step, (lightness, share) in STEPS.items()
    }


class Console(UnfoldAdminSite):  # type: ignore[misc]
    """A console that lets in only certain roles, and only on its own kind of host.

    ``home`` returns what the first page shows; ``tenant_name`` what a tenant is called, by its id; ``icon``
    is a path or the name of a static file; ``tint`` returns chroma and hue (OKLCH) of buttons and links;
    ``open_views`` are, by route, what answers people who are not signed in, and ``own_views`` what answers
    everybody who may enter, about themselves; ``own_links`` are those that the person's menu names. ``gate``
    is asked before every other page, and ``confirm`` before sensitive screens: they answer in its place, or
    return None.
    """

    index_template = "backoffice/index.html"
    login_template = "backoffice/login.html"
    enable_nav_sidebar = True

    def __init__(
        self,
        name: str,
        *,
        admitted: frozenset[str],
        on_platform: bool,
        home: Callable[[HttpRequest], dict[str, Any]],
        groups: Sequence[Group],
        tenant_name: Callable[[UUID], str] = str,
        icon: str = "backoffice/central.svg",
        tint: Callable[[], tuple[float, float]] = lambda: (0.13, 255.0),
        open_views: Mapping[str, View] | None = None,
        own_views: Mapping[str, View] | None = None,
        own_links: Sequence[tuple[str, Text]] = (),
        sign_in_form: type[ConsoleSignInForm] = ConsoleSignInForm,
        gate: Gate = lambda _request: None,
        confirm: Gate = lambda _request: None,
    ) -> None:
        super().__init__(name)
        self.admitted, self.on_platform, self.home, self.groups = admitted, on_platform, home, groups
        self.tenant_name, self.icon, self.tint = tenant_name, icon, tint
        self.open_views, self.own_views = dict(open_views or {}), dict(own_views or {})
        self.own_links = (*own_links, ("password_change", _("Change password")))
        self.login_form, self.gate, self.confirm = sign_in_form, gate, confirm
        self.screens = [page for group in groups for page in group.pages if isinstance(page, Screen)]
        for group in groups:
            for page in group.pages:
                if isinstance(page, ModelPages):
                    self.register(page.model, page.admin)

    def render(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> TemplateResponse:
        """Answer with ``template`` inside the console's frame."""
        request.current_app = self.name
        return TemplateResponse(request, template, {**self.each_context(request), **context}, status=status)

    # -- who may enter

    def on_own_host(self, request: HttpRequest) -> bool:
        """True on a tenant's host for the operators' console, on the platform's for the other."""
        tenant = getattr(request, "tenant", None)
        return tenant is not None and (tenant.schema_name == PUBLIC) == self.on_platform

    def has_permission(self, request: HttpRequest) -> bool:
        """True for an active person of an admitted role on the right kind of host."""
        user = request.user
        return (
            self.on_own_host(request)
            and user.is_authenticated
            and user.is_active
            and getattr(user, "role", "") in self.admitted
        )

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Guard a view: strangers are sent to sign in, people of other roles read why not; then the gate."""

        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            leaves = request.path == reverse(f"{self.name}:logout")
            return (None if leaves else self.gate(request)) or view(request, *args, **kwargs)

        return self._admitted(gated, cacheable)

    def _admitted(self, view: View, cacheable: bool = False) -> View:
        guarded: View = super().admin_view(view, cacheable)

        @wraps(guarded)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            self._require_own_host(request)
            request.console = self  # type: ignore[attr-defined]
            if request.user.is_authenticated and not self.has_permission(request):
                if request.method == "POST" and request.path == reverse(f"{self.name}:logout"):
                    sign_out(request)
                    return redirect(f"{self.name}:login")
                return self._loosen(self._refusal(request))
            with timezone.override(self.zone(request)):
                response = guarded(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()  # here, where times are those of the shop
            return self._loosen(response)

        return inner

    def _unguarded(self, view: View) -> View:
        """Let a view answer strangers, in the console's frame and on its own kind of host."""

        @never_cache
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            self._require_own_host(request)
            request.console = self  # type: ignore[attr-defined]
            return self._loosen(view(request, *args, **kwargs))

        return inner

    def zone(self, request: HttpRequest) -> ZoneInfo:
        """Return the time zone of the shop, or of the central team."""
        return CENTRAL_ZONE if self.on_platform else getattr(request, "tenant").zone  # noqa: B009

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Sign in; every success is written to the audit log."""
        self._require_own_host(request)
        response: HttpResponse = super().login(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            if not LoginView().get_redirect_url(request):
                response["Location"] = reverse(f"{self.name}:index")  # Django's way leads to the shop
            audit.record(
                "signed_in",
                actor=request.user,
                object_type="accounts.user",
                object_id=request.user.pk,
                object_label=str(request.user),
            )
        return self._loosen(response)

    def _require_own_host(self, request: HttpRequest) -> None:
        if not self.on_own_host(request):
            raise Http404

    def _refusal(self, request: HttpRequest) -> HttpResponse:
        context = {
            "site_title": self.brand(request),
            "title": _("This console is not for your account"),
            "is_supplier": bool(getattr(request.user, "supplier_id", None)),
            "on_platform": self.on_platform,
        }
        request.current_app = self.name
        return TemplateResponse(request, "backoffice/refused.html", context, status=403)

    @staticmethod
    def _loosen(response: HttpResponseBase) -> HttpResponseBase:
        response._csp_config = CONSOLE_CSP  # type: ignore[attr-defined]
        return response

    # -- what it looks like

    def brand(self, request: HttpRequest) -> str:
        """The tenant's own name; on the platform's host the central team's."""
        if self.on_platform:
            return str(_("Central team"))
        return pick(getattr(request, "tenant").name)  # noqa: B009 - set by the tenant middleware

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return Unfold's context with the brand of the host."""
        context: dict[str, Any] = super().each_context(request)
        return context | {
            "site_title": self.brand(request),
            "site_header": self.brand(request),
            "site_symbol": "account_balance" if self.on_platform else "storefront",
            "site_url": None if self.on_platform else "/",
            "show_languages": True,
            "account_links": [
                {"title": title, "link": reverse(f"{self.name}:{name}")} for name, title in self.own_links
            ],
            "languages_action": reverse(f"{self.name}:language"),
            "styles": [static("backoffice/console.css")],
            "scripts": [static("backoffice/typed.js"), static("backoffice/pictures.js")],
            "site_favicons": [
                Favicon(
                    href=self.icon if self.icon.startswith("/") else static(self.icon),
                    rel="icon",
                    type="image/svg+xml",
                )
            ],
            "colors": {**context["colors"], "primary": ramp(*self.tint())},
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the dashboard of this console."""
        context = {"title": _("Overview"), **self.home(request), **(extra_context or {})}
        response: HttpResponse = super().index(request, context)
        return response

    def get_log_entries(self, request: HttpRequest) -> Iterable[Any]:
        """Nothing: actions by hand are in the audit log, not in Django's own."""
        return []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the side bar: the overview, then the pages that this person's role may see."""
        home = self._entry(request, _("Overview"), "dashboard", reverse(f"{self.name}:index"))
        groups = [("", [home]), *((group.title, self._entries(request, group)) for group in self.groups)]
        return [
            {"title": title, "separator": bool(title), "items": items} for title, items in groups if items
        ]

    def _entries(self, request: HttpRequest, group: Group) -> list[dict[str, Any]]:
        entries = []
        for page in group.pages:
            if isinstance(page, Screen):
                if page.title and request.user.has_perm(page.permission):
                    link = reverse(f"{self.name}:{page.name}")
                    entries.append(self._entry(request, page.title, page.icon, link))
            elif self.get_model_admin(page.model).has_view_permission(request):
                title = page.title or page.model._meta.verbose_name_plural or ""
                entries.append(self._entry(request, title, page.icon, self._changelist(page.model)))
        return entries

    def _changelist(self, model: type[Model]) -> str:
        return reverse(f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_changelist")

    def _entry(self, request: HttpRequest, title: Text, icon: str, link: str) -> dict[str, Any]:
        home = reverse(f"{self.name}:index")
        active = request.path == link or (link != home and request.path.startswith(link))
        return {
            "title": capfirst(str(title)),
            "icon": icon,
            "link": link,
            "active": active,
            "has_permission": True,
        }

    # -- where it answers

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return Unfold's paths, the language switch and the screens."""
        paths = [
            path(route, guard(view), name=view.__name__)
            for views, guard in ((self.open_views, self._unguarded), (self.own_views, self._admitted))
            for route, view in views.items()
        ]
        return [path("language/", set_language, name="language"), *paths, *super().get_urls()]

    def extra_urls(self) -> list[URLPattern]:
        """Return the paths of the screens; Unfold asks for them."""
        return [screen.url_pattern(self.admin_view, self.confirm) for screen in self.screens]
