"""Stripe, or the sandbox that stands in for it outside production."""

from config.env import SANDBOX_PUBLISHABLE_KEY, SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET, env

# Gateways that have keys. The first is that of shops which chose none.
PAYMENT_GATEWAYS = env.gateways
PAYMENT_GATEWAY = PAYMENT_GATEWAYS[0]
# Who bills shops for their plans, whatever gateway their members pay through.
PLAN_BILLER = "billing.plans.stripe_biller"
# An unpaid plan: so many days everything works, so many more the shop can only be read, then it is closed.
PLAN_GRACE_DAYS, PLAN_READ_ONLY_DAYS = 7, 14
PAYMENT_SANDBOX = env.sandbox
STRIPE_SECRET_KEY = SANDBOX_SECRET_KEY if env.sandbox else env.STRIPE_SECRET_KEY
STRIPE_PUBLISHABLE_KEY = SANDBOX_PUBLISHABLE_KEY if env.sandbox else env.STRIPE_PUBLISHABLE_KEY
STRIPE_WEBHOOK_SECRET = SANDBOX_WEBHOOK_SECRET if env.sandbox else env.STRIPE_WEBHOOK_SECRET
STRIPE_API_BASE = env.sandbox_url if env.sandbox else ""
# Pay suppliers from our own balance while their charge's money is still on its way.
PAYOUT_PREFUND = env.PAYOUT_PREFUND
# WeChat Pay, for the shops that choose it. In the sandbox both sides' keys are made when first needed.
WECHAT_MCHID, WECHAT_APPID, WECHAT_CERT_SERIAL = env.WECHAT_MCHID, env.WECHAT_APPID, env.WECHAT_CERT_SERIAL
WECHAT_PRIVATE_KEY, WECHAT_API_V3_KEY = env.WECHAT_PRIVATE_KEY, env.WECHAT_API_V3_KEY
WECHAT_PUBLIC_KEY, WECHAT_PUBLIC_KEY_ID = env.WECHAT_PUBLIC_KEY, env.WECHAT_PUBLIC_KEY_ID
# With the app's secret, members who open a shop inside WeChat pay there; without it they scan a code.
WECHAT_APP_SECRET = env.WECHAT_APP_SECRET
WECHAT_NOTIFY_URL = f"https://{env.PLATFORM_HOST}/webhooks/wechat"
