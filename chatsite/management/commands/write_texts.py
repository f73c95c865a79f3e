"""Brings the translations up to date with the sources, and writes what the browser and gettext load."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Update locale/*/LC_MESSAGES/django.po from the sources; write the .mo files and static/texts/*.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pseudo",
            metavar="DIR",
            type=Path,
            help="Write only {widget,console}.xx.json, a pseudo-language for browser tests, into this folder.",
        )

    def handle(self, *, pseudo: Path | None, **options: Any) -> None:
        try:
            from chatsite import catalog  # here: it needs polib, which only developers have
        except ModuleNotFoundError as missing:
            raise CommandError(f"{missing.name} is missing: install requirements-dev.lock.") from missing
        if pseudo:
            _write(catalog.render_disguised(pseudo))
            return
        try:
            catalogs = catalog.update_catalogs(settings.BASE_DIR)
        except ValueError as wrong:
            raise CommandError(str(wrong)) from wrong
        _write(catalog.render_all(settings.BASE_DIR, catalogs))
        for code, entries in catalogs.items():
            missing_texts = [entry.msgid for entry in entries if not catalog.is_translated(entry)]
            self.stdout.write(f"{code}: {len(entries) - len(missing_texts)} of {len(entries)} translated")
            for text in missing_texts:
                self.stdout.write(f"  to translate: {text}")


def _write(files: dict[Path, bytes]) -> None:
    """Write what differs: an unchanged file keeps its time, by which make and servers see changes."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
