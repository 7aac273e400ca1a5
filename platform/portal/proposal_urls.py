"""Suppliers' proposals, below /portal/proposals/ on the platform's host."""

from django.urls import path

from portal import proposals

app_name = "proposals"
urlpatterns = [
    path("", proposals.index, name="index"),
    path("new/", proposals.propose, name="propose"),
    path("<uuid:proposal_id>/", proposals.proposal, name="proposal"),
    path("screenshots/<uuid:evidence_id>/", proposals.screenshot, name="screenshot"),
]
