"""What the shop does when a lower floor reports something."""


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
