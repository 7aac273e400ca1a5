"""Suppliers' proposals, below /portal/proposals/ on the platform's host."""

from django.urls import path

from fulfilment import proposal_views as views

app_name = "proposals"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.propose, name="propose"),
    path("<uuid:proposal_id>/", views.proposal, name="proposal"),
    path("screenshots/<uuid:evidence_id>/", views.screenshot, name="screenshot"),
]
