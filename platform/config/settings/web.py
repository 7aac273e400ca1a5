"""Requests: hosts, middleware, templates, headers."""

from django.utils.csp import CSP

from config.env import env

DEBUG = env.DEBUG
IN_PRODUCTION = env.production
SECRET_KEY = env.SECRET_KEY
SECRET_KEY_FALLBACKS = env.secret_key_fallbacks
PLATFORM_HOST = env.PLATFORM_HOST
# Which start of the service this process belongs to: /readyz says so, and nobody takes a stranger for it.
INSTANCE = env.BANYAN_INSTANCE
# How people reach us: through a proxy with TLS, or on our own port.
PUBLIC_SCHEME = "https" if env.production else "http"
PUBLIC_PORT = "" if env.production else f":{env.PORT}"
# A host is known when a tenant or the platform has it; the tenant middleware refuses the others.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.urls.tenant"
PUBLIC_SCHEMA_URLCONF = "config.urls.central"
WSGI_APPLICATION = "config.wsgi.application"

# Only the last so many addresses of X-Forwarded-For were written by proxies of ours.
TRUSTED_PROXIES = env.trusted_proxies
MIDDLEWARE = [
    "config.middleware.ClientAddressMiddleware",  # first: what comes after believes REMOTE_ADDR
    "config.middleware.FiguresMiddleware",
    "config.middleware.RequestIdMiddleware",
    "tenants.registry.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "storefront_theme.page_cache.PageCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.NulMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.KnownDeviceMiddleware",
    "storefront_theme.standing.StandingMiddleware",
    "storefront_theme.visits.middleware.FirstVisitMiddleware",
    "config.middleware.RefusalMiddleware",  # last: the first that sees an exception
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront_theme.context.storefront",
            ]
        },
    }
]
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "https:"],
    "style-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.SELF],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "storefront_theme.pages.errors.csrf_failed"
CSRF_COOKIE_SECURE = env.production
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
WHITENOISE_USE_FINDERS = not env.production
# Each browser of a test would list all files first.
WHITENOISE_AUTOREFRESH = env.BANYAN_ENV == "test"
if env.production:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$", "^tls-allowed$"]
    SECURE_HSTS_SECONDS = 31_536_000
