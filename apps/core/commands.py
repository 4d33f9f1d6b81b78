"""What the management commands of all rooms share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import SynAnnoError


class SentenceCommand(BaseCommand):
    """A command that tells an error as a sentence, with exit status 1 and no traceback."""

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            self.run(options)
        except SynAnnoError as error:
            raise CommandError(error.sentence) from error

    @abstractmethod
    def run(self, options: Mapping[str, Any]) -> None:
        """Do the work; raises SynAnnoError with what is to be told."""
