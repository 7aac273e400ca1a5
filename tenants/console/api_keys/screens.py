"""Keys of the API: made here, shown once, revoked here."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms import ConsoleForm
from backoffice.screens import attempt, press, render
from components.console_questions import asks
from components.questions import Question
from tenants.api_keys import services as api_key_services
from tenants.api_keys.models import ApiKey, Scope
from tenants.registry.selectors import current_tenant, shop_url


class KeyForm(ConsoleForm):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("what uses it, e.g. the ERP")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Rights"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.CATALOGUE_READ],
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Requests per minute"), min_value=1, max_value=6000, initial=600
    )


def keys(request: HttpRequest) -> HttpResponse:
    """List this shop's keys and make a new one; its secret is on the answer and nowhere else."""
    tenant = current_tenant()
    form = KeyForm(request.POST or None)
    may_add = request.user.has_perm("api_keys.add_apikey")
    created = may_add and attempt(
        request,
        form,
        lambda: api_key_services.create_key(tenant=tenant, acting_user=request.user, **form.cleaned_data),
    )
    labels = dict(Scope.choices)
    context = {
        "title": _("API keys"),
        "created": created.result if created else None,
        "form": (KeyForm() if created else form) if may_add else None,
        "may_revoke": request.user.has_perm("api_keys.delete_apikey"),
        "address": shop_url(tenant, "/api/v1/"),
        "rows": [
            {"key": key, "scopes": [labels.get(scope, scope) for scope in key.scopes]}
            for key in ApiKey.objects.filter(tenant_id=tenant.id).order_by("-id")
        ],
    }
    # Never cached, like every page of a console: this one may show a secret.
    return render(request, "console/api_keys/keys.html", context)


def _ask_revoke(request: HttpRequest, key_id: UUID) -> Question | None:
    key = ApiKey.objects.filter(tenant_id=current_tenant().id, pk=key_id).first()
    if key is None:
        return None
    return Question(
        title=_("Revoke the key “%(name)s”?") % {"name": key.name},
        facts=[_("What uses it stops working at once. A revoked key never opens anything again.")],
        button=_("Revoke it"),
        back=reverse("console:keys"),
    )


@asks(_ask_revoke)
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Revoke a key for good."""
    return press(
        request,
        lambda: api_key_services.revoke_key(tenant=current_tenant(), key_id=key_id, acting_user=request.user),
        "console:keys",
        said=lambda key: _("%(key)s opens nothing any more.") % {"key": key},
    )
