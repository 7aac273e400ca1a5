from django.apps import AppConfig


class StorefrontThemeConfig(AppConfig):
    """What members see of a shop on its own host: pages, look and page cache. No rule, no table."""

    name = "storefront_theme"

    def ready(self) -> None:
        """Take carts and referrals over when somebody signs up or in."""
        # Models are not ready before.
        from allauth.account.signals import user_logged_in as member_logged_in
        from allauth.account.signals import user_signed_up
        from django.contrib.auth.signals import user_logged_in

        from storefront_theme.visits import carts as cart_devices
        from storefront_theme.visits import joining

        user_signed_up.connect(joining.on_signed_up, dispatch_uid="storefront.signed_up")
        member_logged_in.connect(joining.on_logged_in, dispatch_uid="storefront.logged_in")
        user_logged_in.connect(cart_devices.on_sign_in, dispatch_uid="storefront.merge_carts")
