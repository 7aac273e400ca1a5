"""What the circle does when somebody signs up or in."""


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
