"""A small stateful Stripe for laptops, the demo and the tests: never for production.

It keeps what it knows in SQLite, honours idempotency keys, signs its webhooks and repeats them until
they are taken. Its answers have the shapes of https://docs.stripe.com/api.
"""
