#!/usr/bin/env python
"""Django's command line for Brook: `manage.py serve` runs the product."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.umask(0o077)  # what we write holds what people said
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Brook cannot start: {error}")


if __name__ == "__main__":
    main()
