"""Pictures in our own storage, where that is this machine's disk."""

from django.urls import path

from catalog import views

urlpatterns = [
    path("media/pictures/<str:shelf>/<str:folder>/<str:name>", views.picture, name="catalog_picture"),
]
