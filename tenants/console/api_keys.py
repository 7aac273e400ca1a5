"""Keys of the API in the operators' console: made here, shown once, revoked here."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice.forms import ConsoleForm, refuse
from backoffice.screens import render
from kernel.errors import BanyanError
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
    made = None
    if request.method == "POST" and may_add and form.is_valid():
        try:
            made = api_key_services.create_key(tenant=tenant, acting_user=request.user, **form.cleaned_data)
        except BanyanError as error:
            refuse(form, error)
        else:
            form = KeyForm()
    labels = dict(Scope.choices)
    context = {
        "title": _("API keys"),
        "made": made,
        "form": form if may_add else None,
        "may_revoke": request.user.has_perm("api_keys.delete_apikey"),
        "address": shop_url(tenant, "/api/v1/"),
        "rows": [
            {"key": key, "scopes": [labels.get(scope, scope) for scope in key.scopes]}
            for key in ApiKey.objects.filter(tenant_id=tenant.id).order_by("-id")
        ],
    }
    # Never cached, like every page of a console: this one may show a secret.
    return render(request, "operators/keys.html", context)


@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Revoke a key for good."""
    try:
        key = api_key_services.revoke_key(tenant=current_tenant(), key_id=key_id, acting_user=request.user)
    except BanyanError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(key)s opens nothing any more.") % {"key": key})
    return redirect("console:keys")
