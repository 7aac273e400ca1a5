"""The two consoles: operators' on a tenant's host, the central team's on the platform's host.

Rooms register their models (``backoffice.model_pages.AuditedAdmin``) and their screens here from their
admin.py; a site knows none of them by name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth import logout as sign_out
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
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
from django.views.i18n import set_language
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from backoffice.sign_in import ConsoleSignInForm
from kernel import audit
from kernel.clock import OFFICE_ZONE
from kernel.errors import Text
from kernel.tenancy import PUBLIC
from kernel.text import pick

View = Callable[..., HttpResponseBase]
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
# Where the entries of the side bar stand, and what their groups are called.
GROUPS: dict[str, Text] = {
    "overview": "",
    "shop": _("Shop"),
    "people": _("People"),
    "look": _("Appearance"),
    "fleet": _("Fleet"),
    "supply": _("Supply"),
    "money": _("Money"),
    "system": _("System"),
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


@dataclass(frozen=True, slots=True)
class Screen:
    """A page of a console that is no model's own; ``title`` is empty where the side bar leaves it out."""

    route: str
    name: str
    view: View
    permission: str
    title: Text = ""
    icon: str = ""
    group: str = "overview"
    place: int = 50


class Console(UnfoldAdminSite):  # type: ignore[misc]
    """A console that lets in only certain roles, and only on its own kind of host."""

    login_form = ConsoleSignInForm
    index_template = "console/index.html"
    login_template = "console/login.html"
    enable_nav_sidebar = True

    def __init__(self, name: str, *, admitted: frozenset[str], on_platform: bool) -> None:
        super().__init__(name)
        self.admitted, self.on_platform = admitted, on_platform
        self.screens: list[Screen] = []
        self.dashboard: Callable[[HttpRequest], dict[str, Any]] | None = None
        # The floors below the tenants know their ids only; the registry's own room sets a better one.
        self.tenant_name: Callable[[UUID], str] = str
        self.icon = "console/office.svg"
        # Chroma and hue (OKLCH) of buttons and links; the storefront's room answers with the shop's brand.
        self.tint: Callable[[], tuple[float, float]] = lambda: (0.13, 255.0)

    def screen(
        self,
        route: str,
        *,
        name: str,
        permission: str,
        title: Text = "",
        icon: str = "",
        group: str = "overview",
        place: int = 50,
    ) -> Callable[[View], View]:
        """Register a page: people of this console whose role carries ``permission`` may open it."""

        def register(view: View) -> View:
            self.screens.append(Screen(route, name, view, permission, title, icon, group, place))
            return view

        return register

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
        """Guard a view: strangers are sent to sign in, people of other roles are told why not."""
        guarded: View = super().admin_view(view, cacheable)

        @wraps(guarded)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            self._require_own_host(request)
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

    def zone(self, request: HttpRequest) -> ZoneInfo:
        """Return the time zone of the shop, or of the central team."""
        return OFFICE_ZONE if self.on_platform else ZoneInfo(getattr(request, "tenant").timezone)  # noqa: B009

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
        return TemplateResponse(request, "console/refused.html", context, status=403)

    @staticmethod
    def _loosen(response: HttpResponseBase) -> HttpResponseBase:
        response._csp_config = CONSOLE_CSP  # type: ignore[attr-defined]
        return response

    # -- what it looks like

    def brand(self, request: HttpRequest) -> str:
        """The tenant's own name; on the platform's host the central team's."""
        if self.on_platform:
            return str(_("Central office"))
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
            "languages_action": reverse(f"{self.name}:language"),
            "styles": [static("console/console.css")],
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
        board = self.dashboard(request) if self.dashboard else {}
        response: HttpResponse = super().index(
            request, {"title": _("Overview"), **board, **(extra_context or {})}
        )
        return response

    def get_log_entries(self, request: HttpRequest) -> Iterable[Any]:
        """Nothing: actions by hand are in the audit log, not in Django's own."""
        return []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the side bar: dashboard, then what rooms registered and this role may see."""
        entries: dict[str, list[tuple[int, dict[str, Any]]]] = {group: [] for group in GROUPS}
        home = reverse(f"{self.name}:index")
        entries["overview"].append((0, self._entry(request, _("Overview"), "dashboard", home)))
        for screen in self.screens:
            if screen.title and request.user.has_perm(screen.permission):
                link = reverse(f"{self.name}:{screen.name}")
                entries[screen.group].append(
                    (screen.place, self._entry(request, screen.title, screen.icon, link))
                )
        for model, admin in self._registry.items():
            if (group := getattr(admin, "nav_group", "")) and admin.has_view_permission(request):
                title = admin.nav_title or model._meta.verbose_name_plural
                entry = self._entry(request, title, admin.nav_icon, self._changelist(model))
                entries[group].append((admin.nav_place, entry))
        return [
            {
                "title": title,
                "separator": bool(title),
                "items": [entry for _place, entry in sorted(entries[group], key=lambda item: item[0])],
            }
            for group, title in GROUPS.items()
            if entries[group]
        ]

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
        return [path("language/", set_language, name="language"), *super().get_urls()]

    def extra_urls(self) -> list[URLPattern]:
        """Return the paths of the registered screens; Unfold asks for them."""
        return [path(s.route, self.admin_view(self._permitted(s)), name=s.name) for s in self.screens]

    def _permitted(self, screen: Screen) -> View:
        @wraps(screen.view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(screen.permission):
                raise PermissionDenied
            return screen.view(request, *args, **kwargs)

        return inner
