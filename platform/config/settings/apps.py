"""Which apps live in the shared schema and which in every tenant's."""

from config.env import env

SHARED_APPS = [
    "tenants.registry",  # first: its command "migrate" takes the place of django-tenants' own
    "django_tenants",
    "config",
    "kernel",
    "accounts",
    "catalog",
    "selection",
    "fulfilment",
    "billing.ledger",
    "billing.payments",
    "billing.payouts",
    "billing.subsidy_budgets",
    "billing.plans",
    "billing.watch",
    "tenants.api_keys",
    "tenants.concentration",
    "backoffice",
    "components",
    "central",
    "portal",
    "tenants.console",
    "supply_api",
    "storefront_theme",
    "unfold",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls loads the consoles: only the web needs them
    "django.contrib.postgres",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
]
# Few tables a tenant: what is shared, and all money, stays in "public" with the tenant's id.
TENANT_APPS = [
    "accounts",
    "allauth.account",
    "allauth.mfa",
    "tenants.agents",
    "tenants.brand",
    "tenants.shop",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

TENANT_MODEL = "registry.Tenant"
TENANT_DOMAIN_MODEL = "registry.Domain"
READY_SCHEMAS = env.READY_SCHEMAS
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_LIMIT_SET_CALLS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
