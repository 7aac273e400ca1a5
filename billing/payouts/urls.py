from django.urls import path

from billing.payouts import views

app_name = "statements"
urlpatterns = [
    path("", views.statement, name="statement"),
    path("month.csv", views.statement_csv, name="csv"),
    path("month.pdf", views.statement_pdf, name="pdf"),
    path("account/", views.open_account, name="account"),
    path("account/go/", views.complete_account, name="account_go"),
    path("account/return/", views.account_returned, name="account_return"),
]
