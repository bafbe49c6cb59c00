"""`manage.py words`: brings locale/*/LC_MESSAGES/*.po up to date with the words in templates, Python and scripts.

For those who write Brook; needs GNU gettext. New words stand there without a translation, which
tests/management/commands/test_words.py does not let pass.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.core.management.commands import makemessages

IGNORED = [".*", "node_modules/*", "var/*", "tests/*", "bench/*", "docs/*"]
DOMAINS = {"django": ["py", "html", "txt"], "djangojs": ["js"]}


class Collector(makemessages.Command):
    """Django's own, but that a file changes only when its words do."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--sort-output", "--no-wrap"]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching", "--sort-output", "--no-wrap"]

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        written = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        lines = written.read_text("utf-8").splitlines(keepends=True)
        written.write_text("".join(line for line in lines if not line.startswith('"POT-Creation-Date')), "utf-8")


class Command(BaseCommand):
    help = "Collects the words that are to be translated into locale/."

    def handle(self, *args: Any, **options: Any) -> None:
        settings.LOCALE_PATHS = [settings.LOCALE_SOURCE]  # not where the compiled ones lie
        for domain, extensions in DOMAINS.items():
            call_command(
                Collector(),
                locale=[code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE],
                domain=domain,
                extensions=extensions,
                ignore_patterns=IGNORED,
                no_location=True,
                no_obsolete=True,
                verbosity=options["verbosity"],
            )
