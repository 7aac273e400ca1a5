from django.urls import path

from portal import statements

app_name = "statements"
urlpatterns = [
    path("", statements.statement, name="statement"),
    path("month.csv", statements.statement_csv, name="csv"),
    path("month.pdf", statements.statement_pdf, name="pdf"),
    path("account/", statements.open_account, name="account"),
    path("account/go/", statements.complete_account, name="account_go"),
    path("account/return/", statements.account_returned, name="account_return"),
]
