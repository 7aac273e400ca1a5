"""Every page of the central team's console, in the order of its side bar."""

from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from backoffice.console import Console
from backoffice.navigation import Group, ModelPages, Screen
from billing.ledger.models import Account, Transfer
from billing.payments.models import Dispute, InboxEvent, Payment
from billing.payouts.models import BankPayout, Payable, Payout, PayoutAccount
from billing.plans.models import Plan, Subscription
from catalog.models import Branch, Category, Product, Region, SellingPoint, ShippingTemplate, Supplier
from central import dashboard, people, selection
from central.fleet import concentration, rules_signing, tenants
from central.money import ledger, payment_actions, payments, payout_holds, payouts, plans, statements
from central.supply import bulk_edits, catalogue, imports, licences, pictures, places, prices, supplier_orders
from central.watch import findings, halts
from components import after_sales, withdrawals
from fulfilment.models import Fair, SupplierOrder
from kernel.models import AuditEntry, OutboxEvent
from tenants.registry.models import Tenant
from tenants.registry.selectors import tenant_name

central = Console(
    "central",
    admitted=roles.CENTRAL,
    on_platform=True,
    home=dashboard.board,
    tenant_name=tenant_name,
    groups=(
        Group(
            _("People"),
            (
                ModelPages(User, people.StaffAdmin, "group", _("People")),
                Screen(
                    "team/add/",
                    people.add_staff,
                    "team_add",
                    "accounts.add_user",
                    _("Add to the team"),
                    "person_add",
                ),
            ),
        ),
        Group(
            _("Fleet"),
            (
                ModelPages(Tenant, tenants.TenantAdmin, "storefront", _("Shops")),
                Screen(
                    "shops/new/",
                    tenants.spawn,
                    "spawn",
                    "registry.add_tenant",
                    _("Open a shop"),
                    "add_business",
                ),
                Screen("shops/<uuid:tenant_id>/retire/", tenants.retire, "retire", "registry.delete_tenant"),
                Screen(
                    "shops/<uuid:tenant_id>/rules/",
                    rules_signing.signing,
                    "signing",
                    "agents.view_rulesversion",
                ),
                Screen(
                    "circles/",
                    concentration.circles,
                    "circles",
                    "concentration.view_circlereading",
                    _("Circles and alarms"),
                    "notification_important",
                ),
                Screen(
                    "circles/<uuid:reading_id>/seen/",
                    concentration.seen,
                    "circle_seen",
                    "concentration.change_circlereading",
                ),
                ModelPages(Plan, plans.PlanAdmin, "workspace_premium", _("Plans")),
                ModelPages(Subscription, plans.SubscriptionAdmin, "contract", _("Shops' plans")),
                Screen(
                    "plans/<uuid:subscription_id>/agree/",
                    plans.agree,
                    "agree_plan",
                    "plans.change_subscription",
                ),
            ),
        ),
        Group(
            _("Supply"),
            (
                ModelPages(Supplier, catalogue.SupplierAdmin, "factory", _("Suppliers")),
                Screen(
                    "selection/",
                    selection.overview,
                    "selection",
                    "selection.view_round",
                    _("Choosing goods"),
                    "how_to_vote",
                ),
                Screen(
                    "licences/",
                    licences.all_licences,
                    "licences",
                    "catalog.view_licence",
                    _("Licences"),
                    "verified",
                ),
                Screen(
                    "selection/propose/", selection.propose, "selection_propose", "selection.change_round"
                ),
                Screen(
                    "suppliers/<uuid:supplier_id>/licences/",
                    licences.supplier_licences,
                    "supplier_licences",
                    "catalog.view_licence",
                ),
                Screen(
                    "selection/proposals/<uuid:proposal_id>/",
                    selection.proposal,
                    "selection_proposal",
                    "selection.view_round",
                ),
                Screen(
                    "suppliers/<uuid:supplier_id>/licences/<uuid:licence_id>/",
                    licences.licence_paper,
                    "licence_paper",
                    "catalog.view_licence",
                ),
                Screen(
                    "selection/evidence/<uuid:evidence_id>/",
                    selection.evidence,
                    "selection_evidence",
                    "selection.view_round",
                ),
                Screen(
                    "selection/rounds/new/", selection.open_round, "selection_open", "selection.change_round"
                ),
                Screen(
                    "selection/rounds/<uuid:round_id>/",
                    selection.round_page,
                    "selection_round",
                    "selection.view_round",
                ),
                Screen(
                    "selection/charter/", selection.charter, "selection_charter", "selection.change_round"
                ),
                Screen(
                    "selection/products/<uuid:product_id>/",
                    selection.product,
                    "selection_product",
                    "selection.view_round",
                ),
                ModelPages(Product, catalogue.ProductAdmin, "inventory_2", _("Products")),
                Screen(
                    "products/<uuid:product_id>/pictures/",
                    pictures.product_pictures,
                    "product_pictures",
                    "catalog.view_product",
                ),
                Screen(
                    "products/<uuid:product_id>/prices/",
                    prices.product_prices,
                    "product_prices",
                    "catalog.view_product",
                ),
                Screen(
                    "suppliers/<uuid:supplier_id>/people/",
                    prices.supplier_people,
                    "supplier_people",
                    "accounts.view_user",
                ),
                Screen(
                    "products/bulk/",
                    bulk_edits.bulk_edit,
                    "bulk_edit",
                    "catalog.change_product",
                    _("Bulk edit"),
                    "edit_note",
                ),
                Screen(
                    "imports/",
                    imports.imports,
                    "imports",
                    "catalog.change_product",
                    _("Import and export"),
                    "swap_vert",
                ),
                Screen("imports/<uuid:run_id>/", imports.import_run, "import_run", "catalog.change_product"),
                Screen(
                    "suppliers/<uuid:supplier_id>/export/<slug:what>/",
                    imports.export_goods,
                    "export_goods",
                    "catalog.view_product",
                ),
                ModelPages(Category, catalogue.CategoryAdmin, "account_tree", _("Categories")),
                ModelPages(SupplierOrder, supplier_orders.SupplierOrderAdmin, "local_shipping"),
                ModelPages(Region, places.RegionAdmin, "map", _("Regions")),
                Screen(
                    "cases/",
                    after_sales.cases,
                    "cases",
                    "fulfilment.view_case",
                    _("After-sales"),
                    "support_agent",
                ),
                ModelPages(Branch, places.BranchAdmin, "groups", _("Branches")),
                Screen("cases/<uuid:case_id>/", after_sales.case, "case", "fulfilment.view_case"),
                Screen(
                    "cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp",
                    after_sales.picture,
                    "case_picture",
                    "fulfilment.view_case",
                ),
                ModelPages(SellingPoint, places.SellingPointAdmin, "sell", _("Selling points")),
                ModelPages(
                    ShippingTemplate, places.ShippingTemplateAdmin, "local_shipping", _("Freight tables")
                ),
                ModelPages(Fair, supplier_orders.FairAdmin, "storefront"),
            ),
        ),
        Group(
            _("Money"),
            (
                Screen(
                    "watch/", findings.watch, "watch", "watch.view_finding", _("Watch"), "health_and_safety"
                ),
                Screen("watch/<uuid:finding_id>/", findings.finding, "finding", "watch.view_finding"),
                ModelPages(Payable, payouts.PayableAdmin, "request_quote"),
                ModelPages(Payout, payouts.PayoutAdmin, "outbound"),
                Screen(
                    "withdrawals/",
                    withdrawals.withdrawals,
                    "withdrawals",
                    "payouts.view_withdrawal",
                    _("Withdrawals"),
                    "payments",
                ),
                Screen(
                    "withdrawals/<uuid:withdrawal_id>/invoice/",
                    withdrawals.invoice,
                    "withdrawal_invoice",
                    "payouts.change_withdrawal",
                ),
                Screen(
                    "withdrawals/<uuid:withdrawal_id>/",
                    withdrawals.withdrawal,
                    "withdrawal",
                    "payouts.view_withdrawal",
                ),
                Screen(
                    "statements/<uuid:supplier_id>/",
                    statements.supplier_statement,
                    "supplier_statement",
                    "payouts.view_payable",
                ),
                Screen(
                    "halts/", halts.brake, "halts", "payouts.view_payouthalt", _("Stop payouts"), "front_hand"
                ),
                ModelPages(PayoutAccount, payouts.PayoutAccountAdmin, "account_balance"),
                ModelPages(BankPayout, payouts.BankPayoutAdmin, "bolt"),
                ModelPages(Transfer, ledger.TransferAdmin, "menu_book", _("Ledger")),
                Screen(
                    "held-suppliers/",
                    payout_holds.held_suppliers,
                    "held_suppliers",
                    "payouts.view_payout",
                    _("Held suppliers"),
                    "pan_tool",
                ),
                ModelPages(Account, ledger.AccountAdmin, "account_balance_wallet"),
                ModelPages(Payment, payments.PaymentAdmin, "payments"),
                ModelPages(Dispute, payments.DisputeAdmin, "gavel"),
                Screen(
                    "disputes/<uuid:dispute_id>/answer/",
                    payment_actions.answer,
                    "dispute_answer",
                    "payments.change_dispute",
                ),
                Screen(
                    "disputes/<uuid:dispute_id>/accept/",
                    payment_actions.accept,
                    "dispute_accept",
                    "payments.change_dispute",
                ),
                Screen(
                    "payments/<uuid:payment_id>/send-back/",
                    payment_actions.send_back,
                    "payment_send_back",
                    "payments.change_payment",
                ),
            ),
        ),
        Group(
            _("System"),
            (
                Screen(
                    "stuck/",
                    findings.stuck_items,
                    "stuck",
                    "watch.view_finding",
                    _("What is stuck"),
                    "hourglass_disabled",
                ),
                ModelPages(InboxEvent, payments.InboxAdmin, "inbox"),
                ModelPages(OutboxEvent, people.OutboxAdmin, "outbox"),
                ModelPages(AuditEntry, people.FleetAuditAdmin, "history"),
            ),
        ),
    ),
)
