"""The brand: tokens and texts beside a live preview of the real shop."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.screens import attempt, render
from kernel.errors import BanyanError
from tenants.brand import selectors as brand_selectors
from tenants.brand import services as brand_services
from tenants.brand.colour import parse
from tenants.brand.models import Brand
from tenants.brand.themes import THEMES
from tenants.console.brand.forms import BrandForm


def tint() -> tuple[float, float]:
    """Return chroma and hue of the published brand, so that the console looks like its shop."""
    look = brand_selectors.look().document
    colour = parse(look.tokens.primary or THEMES[look.theme].primary)
    return colour.chroma, colour.hue


def brand(request: HttpRequest) -> HttpResponse:
    """Show the draft beside the real shop; keep it as a draft or publish it."""
    row = Brand.objects.filter(pk=1).first() or Brand()
    form = BrandForm(request.POST or None, look=row.draft)
    faults: list[BanyanError] = []
    may_change = request.user.has_perm("brand.change_brand")
    if may_change and attempt(request, form, lambda: _save(request, form), str, faults=faults):
        return redirect("console:brand")
    context = {
        "title": _("Brand"),
        "form": form,
        "faults": faults,
        "brand": row,
        "differs": row.draft != row.published,
        "may_change": may_change,
    }
    return render(request, "console/brand/brand.html", context)


def _save(request: HttpRequest, form: BrandForm) -> str:
    """Keep the draft, publish it if that was pressed, and return what to say."""
    user = signed_in(request)
    brand_services.save_draft(document=form.document(), acting_user=user)
    if "publish" not in request.POST:
        return _("The draft is saved; only the preview shows it.")
    published = brand_services.publish(acting_user=user)
    return _("Version %(n)d is what members see now.") % {"n": published.version}
