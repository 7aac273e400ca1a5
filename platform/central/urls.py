"""Every page of the central team's console, in the order of its side bar."""

from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from backoffice.console import Console
from backoffice.navigation import Group, ModelPages, Screen
from billing.ledger.models import Account, Transfer
from billing.payments.models import Dispute, Payment
from billing.payouts.models import BankPayout, Payable, Payout, PayoutAccount
from billing.plans.models import Plan, Subscription
from catalog.models import Branch, Category, Product, Region, SellingPoint, ShippingTemplate, Supplier
from central.catalogue import model_pages as catalogue_pages
from central.catalogue import screens as catalogue_screens
from central.circles import screens as circle_screens
from central.imports import screens as import_screens
from central.ledger import model_pages as ledger_pages
from central.orders import model_pages as order_pages
from central.overview import screens as overview_screens
from central.payments import model_pages as payment_pages
from central.payments import screens as payment_screens
from central.payouts import model_pages as payout_pages
from central.payouts import screens as payout_screens
from central.people import model_pages as people_pages
from central.people import screens as people_screens
from central.plans import model_pages as plan_pages
from central.plans import screens as plan_screens
from central.selection import screens as selection_screens
from central.shops import model_pages as shop_pages
from central.shops import results as shop_results
from central.shops import screens as shop_screens
from central.suppliers import model_pages as supplier_pages
from central.suppliers import screens as supplier_screens
from central.watch import screens as watch_screens
from components.cases import screens as case_screens
from components.payouts import withdrawals
from components.people import invitations, sessions
from components.people.sign_in import SignInForm
from fulfilment.models import Fair, SupplierOrder
from kernel.models import AuditEntry
from tenants.registry.models import Tenant
from tenants.registry.selectors import tenant_name

GROUPS = (
    Group(_("People"), (
        ModelPages(User, people_pages.StaffAdmin, "group", _("People")),
        Screen("team/invite/", people_screens.invite_staff, "team_invite", "accounts.add_user",
            _("Invite to the team"), "person_add", sensitive=True),
        Screen("team/invitations/<uuid:invitation_id>/revoke/", people_screens.revoke_invitation,
            "invitation_revoke", "accounts.add_user"),
    )),
    Group(_("Shops"), (
        ModelPages(Tenant, shop_pages.TenantAdmin, "storefront", _("All shops")),
        Screen("shops/new/", shop_screens.spawn, "spawn", "registry.add_tenant", _("Open a shop"),
            "add_business"),
        Screen("shops/<uuid:tenant_id>/retire/", shop_screens.retire, "retire", "registry.delete_tenant" ),
        Screen("shops/<uuid:tenant_id>/rules/", shop_screens.signing, "signing", "agents.view_rulesversion"),
        Screen("circles/", circle_screens.circles, "circles", "concentration.view_circlereading",
            _("Circles and alarms"), "notification_important"),
        Screen("circles/<uuid:reading_id>/seen/", circle_screens.seen, "circle_seen",
            "concentration.change_circlereading"),
        ModelPages(Plan, plan_pages.PlanAdmin, "workspace_premium", _("Plans")),
        ModelPages(Subscription, plan_pages.SubscriptionAdmin, "contract", _("Shops' plans")),
        Screen("shops/results/", shop_results.results, "shop_results", "plans.view_subscription",
            _("What shops bring"), "balance"),
        Screen("plans/<uuid:subscription_id>/agree/", plan_screens.agree, "agree_plan",
            "plans.change_subscription"),
    )),
    Group(_("Supply"), (
        ModelPages(Supplier, supplier_pages.SupplierAdmin, "factory", _("Suppliers")),
        Screen("selection/", selection_screens.overview, "selection", "selection.view_round",
            _("Choosing goods"), "how_to_vote"),
        Screen("licences/", supplier_screens.licence_gaps, "licences", "catalog.view_licence", _("Licences"),
            "verified"),
        Screen("selection/propose/", selection_screens.propose, "selection_propose",
            "selection.change_round"),
        Screen("suppliers/<uuid:supplier_id>/licences/", supplier_screens.licences, "supplier_licences",
            "catalog.view_licence"),
        Screen("selection/proposals/<uuid:proposal_id>/", selection_screens.proposal, "selection_proposal",
            "selection.view_round"),
        Screen("suppliers/<uuid:supplier_id>/licences/<uuid:licence_id>/", supplier_screens.licence_paper,
            "licence_paper", "catalog.view_licence"),
        Screen("selection/evidence/<uuid:evidence_id>/", selection_screens.evidence, "selection_evidence",
            "selection.view_round"),
        Screen("selection/rounds/new/", selection_screens.open_round, "selection_open",
            "selection.change_round"),
        Screen("selection/rounds/<uuid:round_id>/", selection_screens.round_page, "selection_round",
            "selection.view_round"),
        Screen("selection/charter/", selection_screens.charter, "selection_charter",
            "selection.change_round"),
        Screen("selection/products/<uuid:product_id>/", selection_screens.product, "selection_product",
            "selection.view_round"),
        ModelPages(Product, catalogue_pages.ProductAdmin, "inventory_2", _("Products")),
        Screen("products/<uuid:product_id>/pictures/", catalogue_screens.pictures, "product_pictures",
            "catalog.view_product"),
        Screen("products/<uuid:product_id>/prices/", catalogue_screens.prices, "product_prices",
            "catalog.view_product"),
        Screen("suppliers/<uuid:supplier_id>/people/", supplier_screens.people, "supplier_people",
            "accounts.view_user", sensitive=True),
        Screen("products/bulk/", catalogue_screens.bulk_edit, "bulk_edit", "catalog.change_product",
            _("Bulk edit"), "edit_note"),
        Screen("imports/", import_screens.imports, "imports", "catalog.change_product",
            _("Import and export"), "swap_vert"),
        Screen("imports/<uuid:run_id>/", import_screens.import_run, "import_run", "catalog.change_product"),
        Screen(
            "imports/<uuid:run_id>/columns/",
            import_screens.import_columns,
            "import_columns",
            "catalog.change_product",
        ),
        Screen("suppliers/<uuid:supplier_id>/export/<slug:what>/", import_screens.export_goods,
            "export_goods", "catalog.view_product"),
        ModelPages(Category, catalogue_pages.CategoryAdmin, "account_tree", _("Categories")),
        ModelPages(Region, supplier_pages.RegionAdmin, "map", _("Regions")),
        ModelPages(SupplierOrder, order_pages.SupplierOrderAdmin, "local_shipping"),
        Screen("cases/", case_screens.cases, "cases", "fulfilment.view_case", _("After-sales"),
            "support_agent"),
        ModelPages(Branch, supplier_pages.BranchAdmin, "groups", _("Branches")),
        Screen("cases/<uuid:case_id>/", case_screens.case, "case", "fulfilment.view_case"),
        Screen("cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp", case_screens.picture, "case_picture",
            "fulfilment.view_case"),
        ModelPages(SellingPoint, catalogue_pages.SellingPointAdmin, "sell", _("Selling points")),
        ModelPages(ShippingTemplate, supplier_pages.ShippingTemplateAdmin, "local_shipping",
            _("Freight tables")),
        ModelPages(Fair, order_pages.FairAdmin, "storefront"),
    )),
    Group(_("Money"), (
        Screen("watch/", watch_screens.watch, "watch", "watch.view_finding", _("Watch"), "health_and_safety"),
        Screen("watch/<uuid:finding_id>/", watch_screens.finding, "finding", "watch.view_finding"),
        ModelPages(Payable, payout_pages.PayableAdmin, "request_quote"),
        ModelPages(Payout, payout_pages.PayoutAdmin, "outbound"),
        Screen("withdrawals/", withdrawals.withdrawals, "withdrawals", "payouts.view_withdrawal",
            _("Withdrawals"), "payments"),
        Screen("withdrawals/<uuid:withdrawal_id>/invoice/", withdrawals.invoice, "withdrawal_invoice",
            "payouts.change_withdrawal"),
        Screen("withdrawals/<uuid:withdrawal_id>/", withdrawals.withdrawal, "withdrawal",
            "payouts.view_withdrawal", sensitive=True),
        Screen("statements/<uuid:supplier_id>/", payout_screens.statement, "supplier_statement",
            "payouts.view_payable"),
        Screen("halts/", payout_screens.halts, "halts", "payouts.view_payouthalt", _("Stop payouts"),
            "front_hand"),
        ModelPages(PayoutAccount, payout_pages.PayoutAccountAdmin, "account_balance"),
        ModelPages(BankPayout, payout_pages.BankPayoutAdmin, "bolt"),
        ModelPages(Transfer, ledger_pages.TransferAdmin, "menu_book", _("Ledger")),
        Screen("payout-holds/", payout_screens.payout_holds, "payout_holds", "payouts.view_payout",
            _("Payout holds"), "pan_tool"),
        ModelPages(Account, ledger_pages.AccountAdmin, "account_balance_wallet"),
        ModelPages(Payment, payment_pages.PaymentAdmin, "payments"),
        ModelPages(Dispute, payment_pages.DisputeAdmin, "gavel"),
        Screen("disputes/<uuid:dispute_id>/answer/", payment_screens.answer, "dispute_answer",
            "payments.change_dispute"),
        Screen("disputes/<uuid:dispute_id>/accept/", payment_screens.accept, "dispute_accept",
            "payments.change_dispute"),
        Screen("payments/<uuid:payment_id>/send-back/", payment_screens.send_back, "payment_send_back",
            "payments.change_payment"),
    )),
    Group(_("System"), (
        Screen("stuck/", watch_screens.stuck_items, "stuck", "watch.view_finding", _("What is stuck"),
            "hourglass_disabled"),
        ModelPages(AuditEntry, people_pages.CentralAuditAdmin, "history"),
    )),
)  # fmt: skip

central = Console(
    "central",
    admitted=roles.CENTRAL,
    on_platform=True,
    home=overview_screens.board,
    tenant_name=tenant_name,
    groups=GROUPS,
    open_views={"invitation/<str:token>/": invitations.accept},
    own_views=sessions.OWN_VIEWS,
    own_links=sessions.OWN_LINKS,
    sign_in_form=SignInForm,
    gate=sessions.gate,
    confirm=sessions.confirm,
)
