"""Where members judge goods, below /jury/."""

from django.urls import path

from storefront_theme.pages import jury

urlpatterns = [
    path("", jury.index, name="jury"),
    path("seats/<uuid:seat_id>/", jury.seat, name="jury_seat"),
    path("samples/<uuid:sample_id>/received/", jury.received, name="jury_received"),
    path("samples/<uuid:sample_id>/score/", jury.score, name="jury_score"),
    path("rounds/<uuid:round_id>/", jury.round_page, name="jury_round"),
    path("rounds/<uuid:round_id>/volunteer/", jury.volunteer, name="jury_volunteer"),
    path("complaints/<str:number>/<uuid:line_id>/", jury.complain, name="complain"),
]
