"""Every page of the operators' console, in the order of its side bar."""

from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from backoffice.console import Console
from backoffice.navigation import Group, ModelPages, Screen
from components.cases import screens as case_screens
from components.payouts import withdrawals as withdrawal_parts
from components.people import invitations, sessions
from components.people.sign_in import SignInForm
from kernel.models import AuditEntry
from tenants.agents.models import Member
from tenants.console.api_keys import screens as api_key_screens
from tenants.console.brand import screens as brand_screens
from tenants.console.campaigns import screens as campaign_screens
from tenants.console.earnings import screens as earning_screens
from tenants.console.listings import screens as listing_screens
from tenants.console.members import model_pages as member_pages
from tenants.console.members import screens as member_screens
from tenants.console.orders import model_pages as order_pages
from tenants.console.orders import screens as order_screens
from tenants.console.overview import screens as overview_screens
from tenants.console.payout_account import screens as payout_account_screens
from tenants.console.plan import screens as plan_screens
from tenants.console.prepaid import screens as prepaid_screens
from tenants.console.refunds import screens as refund_screens
from tenants.console.rules import screens as rule_screens
from tenants.console.selection import screens as selection_screens
from tenants.console.subsidies import screens as subsidy_screens
from tenants.console.team import model_pages as team_pages
from tenants.console.team import screens as team_screens
from tenants.console.withdrawals import screens as withdrawal_screens
from tenants.shop.orders.models import Order

GROUPS = (
    Group(_("Shop"), (
        ModelPages(Order, order_pages.OrderAdmin, "receipt_long"),
        Screen("orders/<uuid:order_id>/refund/", refund_screens.refund, "order_refund", "shop.refund_order"),
        Screen("orders/<uuid:order_id>/cancel/", order_screens.cancel, "order_cancel", "shop.change_order"),
        Screen("cases/", case_screens.cases, "cases", "fulfilment.view_case", _("After-sales"),
            "support_agent"),
        Screen("cases/<uuid:case_id>/", case_screens.case, "case", "fulfilment.view_case"),
        Screen("cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp", case_screens.picture, "case_picture",
            "fulfilment.view_case"),
        Screen("listings/", listing_screens.listings, "listings", "shop.view_listing", _("Goods and prices"),
            "sell"),
        Screen("listings/<uuid:product_id>/", listing_screens.listing, "listing", "shop.view_listing"),
        Screen("passed/", selection_screens.passed, "passed", "shop.view_listing",
            _("Passed by panel and jury"), "how_to_vote"),
        Screen("passed/<uuid:product_id>/list/", selection_screens.put_on_list, "passed_list",
            "shop.change_listing"),
        Screen("passed/rounds/<uuid:round_id>/", selection_screens.round_record, "passed_round",
            "shop.view_listing"),
        Screen("passed/charter/", selection_screens.charter, "passed_charter", "shop.change_listing"),
        Screen("assortment/", listing_screens.assortment, "assortment", "shop.view_assortment",
            _("Assortment rule"), "rule"),
        Screen("campaigns/", campaign_screens.campaigns, "campaigns", "shop.view_campaign", _("Campaigns"),
            "campaign"),
        Screen("campaigns/<uuid:campaign_id>/", campaign_screens.campaign, "campaign", "shop.view_campaign" ),
        Screen("campaigns/<uuid:campaign_id>/release/", campaign_screens.release, "campaign_release",
            "shop.add_campaign"),
        Screen("campaigns/<uuid:campaign_id>/end/", campaign_screens.end, "campaign_end",
            "shop.add_campaign"),
    )),
    Group(_("People"), (
        ModelPages(User, team_pages.TeamAdmin, "group", _("People")),
        Screen("team/invite/", team_screens.invite_operator, "team_invite", "accounts.add_user",
            _("Invite an operator"), "person_add", sensitive=True),
        Screen("team/invitations/<uuid:invitation_id>/revoke/", team_screens.revoke_invitation,
            "invitation_revoke", "accounts.add_user"),
        ModelPages(Member, member_pages.MemberAdmin, "hub", _("Members and circles")),
        Screen("members/<uuid:member_id>/grant/", member_screens.grant, "member_grant",
            "agents.change_member"),
        Screen("members/<uuid:member_id>/revoke/", member_screens.revoke, "member_revoke",
            "agents.change_member"),
        Screen("members/<uuid:member_id>/company/", member_screens.company, "member_company",
            "agents.change_member"),
        Screen("rules/", rule_screens.rules, "rules", "agents.view_rulesversion", _("Rules of the circle"),
            "gavel"),
        Screen("rules/findings/", rule_screens.findings, "rules_findings", "agents.view_rulesversion"),
        Screen("rules/<int:number>/", rule_screens.version, "rules_version", "agents.view_rulesversion"),
        Screen("rules/preview/", rule_screens.preview, "rules_preview", "agents.view_rulesversion"),
        Screen("rules/preview/<str:job>/", rule_screens.preview_state, "rules_preview_state",
            "agents.view_rulesversion"),
        Screen("tasks/", member_screens.tasks, "member_tasks", "agents.view_task", _("Tasks of members"),
            "task_alt"),
        Screen("tasks/<uuid:task_id>/open/", member_screens.open_task, "member_task_open",
            "agents.change_task"),
        Screen("tasks/done/<uuid:done_id>/", member_screens.decide_task, "member_task_decide",
            "agents.change_task"),
        Screen("earning-reviews/", earning_screens.reviews, "earning_reviews", "agents.view_earning",
            _("Earnings under review"), "gpp_maybe"),
        Screen("earning-reviews/<uuid:earning_id>/", earning_screens.decide, "earning_review_decide",
            "agents.change_earning"),
        Screen("origins/", member_screens.origins, "origins", "agents.view_origin",
            _("Live rooms, notes and groups"), "podcasts"),
        Screen("origins/<uuid:origin_id>/close/", member_screens.close_origin, "origin_close",
            "agents.change_origin"),
    )),
    Group(_("Appearance"), (
        Screen("brand/", brand_screens.brand, "brand", "brand.view_brand", _("Brand"), "palette"),
    )),
    Group(_("Money"), (
        Screen("prepaid/", prepaid_screens.prepaid, "prepaid", "ledger.view_account", _("Prepaid balance"),
            "account_balance_wallet"),
        Screen("withdrawals/", withdrawal_screens.withdrawals, "withdrawals", "payouts.view_withdrawal",
            _("Withdrawals"), "payments", sensitive=True),
        Screen("withdrawals/<uuid:withdrawal_id>/", withdrawal_parts.withdrawal, "withdrawal",
            "payouts.view_withdrawal", sensitive=True),
        Screen("withdrawals/<uuid:withdrawal_id>/invoice/", withdrawal_parts.invoice, "withdrawal_invoice",
            "payouts.change_withdrawal"),
        Screen("payout-account/", payout_account_screens.payout_account, "payout_account",
            "payouts.view_payoutaccount", _("Payout account"), "account_balance", sensitive=True),
        Screen("payout-account/go/", payout_account_screens.complete, "payout_account_go",
            "payouts.add_payoutaccount", sensitive=True),
        Screen("payout-account/return/", payout_account_screens.returned, "payout_account_return",
            "payouts.view_payoutaccount"),
        Screen("subsidies/", subsidy_screens.budgets, "subsidies", "subsidy_budgets.view_subsidybudget",
            _("Subsidy budgets"), "savings"),
        Screen("subsidies/<uuid:budget_id>/", subsidy_screens.budget, "subsidy",
            "subsidy_budgets.view_subsidybudget"),
        Screen("subsidies/goods/<uuid:subsidy_id>/end/", subsidy_screens.end_goods, "goods_subsidy_end",
            "shop.add_goodssubsidy"),
        Screen("subsidies/red-packets/<uuid:batch_id>/stop/", subsidy_screens.stop_red_packets,
            "red_packets_stop", "shop.add_redpacketbatch"),
        Screen("subsidies/<uuid:budget_id>/close/", subsidy_screens.close, "subsidy_close",
            "subsidy_budgets.add_subsidybudget"),
        Screen("plan/", plan_screens.plan, "plan", "plans.view_subscription", _("Plan and invoices"),
            "workspace_premium"),
        Screen("plan/card/", plan_screens.card, "plan_card", "plans.change_subscription"),
    )),
    Group(_("System"), (
        Screen("keys/", api_key_screens.keys, "keys", "api_keys.view_apikey", _("API keys"), "key",
            sensitive=True),
        Screen("keys/<uuid:key_id>/revoke/", api_key_screens.revoke, "key_revoke", "api_keys.delete_apikey"),
        ModelPages(AuditEntry, team_pages.ShopAuditAdmin, "history"),
    )),
)  # fmt: skip

console = Console(
    "console",
    admitted=roles.OPERATORS,
    on_platform=False,
    home=overview_screens.board,
    icon="/brand/logo.svg",
    tint=brand_screens.tint,
    groups=GROUPS,
    open_views={"invitation/<str:token>/": invitations.accept},
    own_views=sessions.OWN_VIEWS,
    own_links=sessions.OWN_LINKS,
    sign_in_form=SignInForm,
    gate=sessions.gate,
    confirm=sessions.confirm,
)
