"""Pictures in our own storage, where that is this machine's disk."""

from django.urls import path

from config import pictures

urlpatterns = [
    path("media/pictures/<path:name>", pictures.picture, name="catalog_picture"),
]
