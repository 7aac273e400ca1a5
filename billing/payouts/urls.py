from django.urls import path

from billing.payouts import views

app_name = "statements"
urlpatterns = [path("", views.statement, name="statement")]
