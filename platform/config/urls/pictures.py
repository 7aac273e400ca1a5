"""Pictures in our own storage, where that is this machine's disk."""

from django.urls import path

from config import pictures

urlpatterns = [
    path("media/pictures/<str:shelf>/<str:folder>/<str:name>", pictures.picture, name="catalog_picture"),
]
