"""The command ``banyan``: Django's management commands under the product's name."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command named on the command line; ``banyan help`` lists them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(["banyan", *sys.argv[1:]])


if __name__ == "__main__":
    main()
