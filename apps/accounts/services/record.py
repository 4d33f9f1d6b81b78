"""What is done with accounts and teams is on the record: Django's own, which its admin writes, too.

Each entry says who did what to whom, and when. Accounts are closed and never deleted, so none loses
its person.
"""

from __future__ import annotations

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType

from apps.accounts.models import Team, User

_LONGEST_NAME = 200


def note_made(by: User, what: User | Team, sentence: str) -> None:
    """Call these in the transaction of the deed."""
    _note(by, what, ADDITION, sentence)


def note_changed(by: User, what: User | Team, sentence: str) -> None:
    _note(by, what, CHANGE, sentence)


def note_deleted(by: User, what: User | Team, sentence: str) -> None:
    _note(by, what, DELETION, sentence)


def _note(by: User, what: User | Team, flag: int, sentence: str) -> None:
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(what),
        object_id=str(what.pk),
        object_repr=str(what)[:_LONGEST_NAME],
        action_flag=flag,
        change_message=sentence,
    )
