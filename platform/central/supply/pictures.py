"""A product's pictures in the central team's console: upload, put in order, remove."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from backoffice.screens import render
from catalog.models import Media, Product
from catalog.pictures import services as picture_services
from kernel import audit
from kernel.errors import BanyanError
from kernel.text import pick

MOST_AT_ONCE = 10


def product_pictures(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a product's pictures; take new ones, move one to the front, remove one."""
    product = Product.objects.filter(id=product_id).first()
    if product is None:
        raise Http404
    may_change = request.user.has_perm("catalog.change_product")
    if request.method == "POST" and may_change:
        if key := request.POST.get("first") or request.POST.get("remove"):
            _move(request, product, key, remove="remove" in request.POST)
        else:
            _upload(request, product)
        return redirect(request.path)
    context = {
        "title": pick(product.title),
        "product": product,
        "pictures": product.media.all(),
        "may_change": may_change,
    }
    return render(request, "central/product_pictures.html", context)


def _upload(request: HttpRequest, product: Product) -> None:
    stored = []
    # Stored before the transaction: the storage may be another machine. What is stored twice is one file.
    for file in request.FILES.getlist("pictures")[:MOST_AT_ONCE]:
        try:
            stored.append(picture_services.store(file))
        except BanyanError as error:
            messages.error(request, f"{file.name}: {error.text}")
    try:
        added = len(picture_services.add_pictures(product=product, stored=stored, acting_user=request.user))
    except BanyanError as error:
        messages.error(request, str(error))
        return
    if added:
        said = ngettext("%(count)d picture added.", "%(count)d pictures added.", added)
        messages.success(request, said % {"count": added})


def _move(request: HttpRequest, product: Product, key: str, *, remove: bool) -> None:
    with transaction.atomic(durable=True):
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        rows = list(product.media.all())
        chosen = next((one for one in rows if str(one.pk) == key), None)
        if chosen is None:
            raise Http404
        rest = [one for one in rows if one is not chosen]
        if remove:
            chosen.delete()
        for place, one in enumerate(rest if remove else [chosen, *rest], 1):
            if one.position != place:
                Media.objects.filter(pk=one.pk).update(position=place)
        audit.record(
            "remove_picture" if remove else "first_picture",
            actor=request.user,
            object_type="catalog.product",
            object_id=product.pk,
            object_label=product.handle,
            changes={"picture": chosen.url},
        )
