"""Every page of the operators' console, in the order of its side bar."""

from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from backoffice.console import Console
from backoffice.navigation import Group, ModelPages, Screen
from components import after_sales
from components import withdrawals as shared_withdrawals
from kernel.models import AuditEntry
from tenants.agents.models import Member
from tenants.console import (
    api_keys,
    brand,
    campaigns,
    dashboard,
    listings,
    member_tasks,
    members,
    orders,
    passed_products,
    plan,
    prepaid,
    refunds,
    rules,
    rules_preview,
    subsidies,
    team,
    withdrawals,
)
from tenants.shop.models import Order

console = Console(
    "console",
    admitted=roles.OPERATORS,
    on_platform=False,
    home=dashboard.board,
    icon="/brand/logo.svg",
    tint=brand.tint,
    groups=(
        Group(
            _("Shop"),
            (
                ModelPages(Order, orders.OrderAdmin, "receipt_long"),
                Screen("orders/<uuid:order_id>/refund/", refunds.refund, "order_refund", "shop.change_order"),
                Screen(
                    "cases/",
                    after_sales.cases,
                    "cases",
                    "fulfilment.view_case",
                    _("After-sales"),
                    "support_agent",
                ),
                Screen("cases/<uuid:case_id>/", after_sales.case, "case", "fulfilment.view_case"),
                Screen(
                    "cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp",
                    after_sales.picture,
                    "case_picture",
                    "fulfilment.view_case",
                ),
                Screen(
                    "listings/",
                    listings.goods,
                    "listings",
                    "shop.view_listing",
                    _("Goods and prices"),
                    "sell",
                ),
                Screen("listings/<uuid:product_id>/", listings.listing, "listing", "shop.view_listing"),
                Screen(
                    "passed/",
                    passed_products.passed,
                    "passed",
                    "shop.view_listing",
                    _("Passed by panel and jury"),
                    "how_to_vote",
                ),
                Screen(
                    "passed/<uuid:product_id>/list/",
                    passed_products.put_on_list,
                    "passed_list",
                    "shop.change_listing",
                ),
                Screen(
                    "passed/rounds/<uuid:round_id>/",
                    passed_products.round_record,
                    "passed_round",
                    "shop.view_listing",
                ),
                Screen("passed/charter/", passed_products.charter, "passed_charter", "shop.change_listing"),
                Screen(
                    "assortment/",
                    listings.assortment,
                    "assortment",
                    "shop.view_assortment",
                    _("Assortment rule"),
                    "rule",
                ),
                Screen(
                    "campaigns/",
                    campaigns.campaigns_page,
                    "campaigns",
                    "shop.view_campaign",
                    _("Campaigns"),
                    "campaign",
                ),
                Screen(
                    "campaigns/<uuid:campaign_id>/", campaigns.one_campaign, "campaign", "shop.view_campaign"
                ),
                Screen(
                    "campaigns/<uuid:campaign_id>/release/",
                    campaigns.release,
                    "campaign_release",
                    "shop.add_campaign",
                ),
                Screen(
                    "campaigns/<uuid:campaign_id>/end/", campaigns.end, "campaign_end", "shop.add_campaign"
                ),
            ),
        ),
        Group(
            _("People"),
            (
                ModelPages(User, team.TeamAdmin, "group", _("People")),
                Screen(
                    "team/add/",
                    team.add_operator,
                    "team_add",
                    "accounts.add_user",
                    _("Add an operator"),
                    "person_add",
                ),
                ModelPages(Member, members.MemberAdmin, "hub", _("Members and circles")),
                Screen(
                    "members/<uuid:member_id>/grant/", members.grant, "member_grant", "agents.change_member"
                ),
                Screen(
                    "members/<uuid:member_id>/revoke/",
                    members.revoke,
                    "member_revoke",
                    "agents.change_member",
                ),
                Screen(
                    "members/<uuid:member_id>/company/",
                    members.company,
                    "member_company",
                    "agents.change_member",
                ),
                Screen(
                    "rules/",
                    rules.rules,
                    "rules",
                    "agents.view_rulesversion",
                    _("Rules of the circle"),
                    "gavel",
                ),
                Screen("rules/findings/", rules.findings, "rules_findings", "agents.view_rulesversion"),
                Screen("rules/<int:number>/", rules.version, "rules_version", "agents.view_rulesversion"),
                Screen("rules/preview/", rules_preview.preview, "rules_preview", "agents.view_rulesversion"),
                Screen(
                    "rules/preview/<str:job>/",
                    rules_preview.state,
                    "rules_preview_state",
                    "agents.view_rulesversion",
                ),
                Screen(
                    "tasks/",
                    member_tasks.tasks,
                    "member_tasks",
                    "agents.view_task",
                    _("Tasks of members"),
                    "task_alt",
                ),
                Screen(
                    "tasks/<uuid:task_id>/open/",
                    member_tasks.open_task,
                    "member_task_open",
                    "agents.change_task",
                ),
                Screen(
                    "tasks/done/<uuid:done_id>/",
                    member_tasks.decide_task,
                    "member_task_decide",
                    "agents.change_task",
                ),
                Screen(
                    "earning-reviews/",
                    member_tasks.earning_reviews,
                    "earning_reviews",
                    "agents.view_earning",
                    _("Earnings under review"),
                    "gpp_maybe",
                ),
                Screen(
                    "earning-reviews/<uuid:earning_id>/",
                    member_tasks.decide_earning_review,
                    "earning_review_decide",
                    "agents.change_earning",
                ),
                Screen(
                    "origins/",
                    member_tasks.origins,
                    "origins",
                    "agents.view_origin",
                    _("Rooms, notes and groups"),
                    "podcasts",
                ),
                Screen(
                    "origins/<uuid:origin_id>/close/",
                    member_tasks.close_origin,
                    "origin_close",
                    "agents.change_origin",
                ),
            ),
        ),
        Group(
            _("Appearance"),
            (Screen("brand/", brand.brand, "brand", "brand.view_brand", _("Brand"), "palette"),),
        ),
        Group(
            _("Money"),
            (
                Screen(
                    "prepaid/",
                    prepaid.prepaid,
                    "prepaid",
                    "ledger.view_account",
                    _("Prepaid balance"),
                    "account_balance_wallet",
                ),
                Screen(
                    "withdrawals/",
                    withdrawals.withdrawals_page,
                    "withdrawals",
                    "payouts.view_withdrawal",
                    _("Withdrawals"),
                    "payments",
                ),
                Screen(
                    "withdrawals/<uuid:withdrawal_id>/",
                    shared_withdrawals.withdrawal,
                    "withdrawal",
                    "payouts.view_withdrawal",
                ),
                Screen(
                    "withdrawals/<uuid:withdrawal_id>/invoice/",
                    shared_withdrawals.invoice,
                    "withdrawal_invoice",
                    "payouts.change_withdrawal",
                ),
                Screen(
                    "payout-account/",
                    withdrawals.payout_account,
                    "payout_account",
                    "payouts.view_payoutaccount",
                    _("Payout account"),
                    "account_balance",
                ),
                Screen(
                    "payout-account/go/",
                    withdrawals.complete_account,
                    "payout_account_go",
                    "payouts.add_payoutaccount",
                ),
                Screen(
                    "payout-account/return/",
                    withdrawals.account_returned,
                    "payout_account_return",
                    "payouts.view_payoutaccount",
                ),
                Screen(
                    "subsidies/",
                    subsidies.subsidies_page,
                    "subsidies",
                    "subsidies.view_subsidybudget",
                    _("Subsidy budgets"),
                    "savings",
                ),
                Screen(
                    "subsidies/<uuid:budget_id>/",
                    subsidies.one_budget,
                    "subsidy",
                    "subsidies.view_subsidybudget",
                ),
                Screen(
                    "subsidies/goods/<uuid:subsidy_id>/end/",
                    subsidies.end_goods,
                    "goods_subsidy_end",
                    "shop.add_goodssubsidy",
                ),
                Screen(
                    "subsidies/packets/<uuid:packets_id>/stop/",
                    subsidies.stop_packets,
                    "red_packets_stop",
                    "shop.add_redpackets",
                ),
                Screen(
                    "subsidies/<uuid:budget_id>/close/",
                    subsidies.close_budget,
                    "subsidy_close",
                    "subsidies.add_subsidybudget",
                ),
                Screen(
                    "plan/",
                    plan.plan,
                    "plan",
                    "plans.view_subscription",
                    _("Plan and invoices"),
                    "workspace_premium",
                ),
                Screen("plan/card/", plan.card, "plan_card", "plans.change_subscription"),
            ),
        ),
        Group(
            _("System"),
            (
                Screen("keys/", api_keys.keys, "keys", "api_keys.view_apikey", _("API keys"), "key"),
                Screen("keys/<uuid:key_id>/revoke/", api_keys.revoke, "key_revoke", "api_keys.delete_apikey"),
                ModelPages(AuditEntry, team.ShopAuditAdmin, "history"),
            ),
        ),
    ),
)
