"""Files of SynAnno that people send, and the campaigns that they ask for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.selectors import users_named
from apps.campaigns.models import Campaign
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.jobs import Job, enqueue
from apps.datasets.models import Dataset, SynapseTable
from apps.exports.domain.polarity import PolarityUnsaidError
from apps.exports.models import Restore, RestorePart

MOST_BYTES = 50_000_000  # a record has some 1,500
MOST_WAITING = 20  # files of one person
_FORM = 100_000  # bytes that a form has beside its file
_PART = 2**20
_NO_FILE = "You have sent no such file."
State = Restore.State
UNFINISHED = (State.READING, State.WAITING, State.MAKING)


def check_form_size(length: int) -> None:
    """Refuse a form of so many bytes, which holds a larger file than is kept, before it is read.

    Raises InvalidInputError.
    """
    _check_size(length - _FORM)


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise InvalidInputError(
            f"file: it has more than {MOST_BYTES // 10**6} MB; whoever runs the server restores it "
            "with the command restore_campaign.",
            field="file",
        )


@transaction.atomic
def keep_file(
    by: User, key: uuid.UUID, name: str, chunks: Iterable[bytes], now: datetime
) -> Restore:
    """Keep a file that somebody sent; a worker looks what it holds. The same key sent again changes
    nothing.

    Raises InvalidInputError for one that is too large or empty, and ConflictError where the person
    has too many.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    known = Restore.objects.filter(key=key).first()
    if known is not None:
        if known.asked_by_id != by.pk:
            raise InvalidInputError(f"key: {key} was used for another file.", field="key")
        return known
    if Restore.objects.filter(asked_by=by).exclude(state=State.MADE).count() >= MOST_WAITING:
        raise ConflictError(f"You have {MOST_WAITING} files here already; remove one.")
    restore = Restore.objects.create(
        key=key, asked_by=by, name=_file_name(name), asked_at=now, moved_at=now
    )
    for number, part in enumerate(_parts(chunks)):
        restore.size += len(part)
        _check_size(restore.size)
        RestorePart.objects.create(restore=restore, number=number, content=part)
    if restore.size == 0:
        raise InvalidInputError("file: it is empty.", field="file")
    restore.save(update_fields=["size"])
    enqueue(Job.RESTORE, restore_id=restore.pk)
    return restore


def _file_name(name: str) -> str:
    """As sentences name it: without folders and what cannot be shown."""
    kept = "".join(one for one in name.replace("\\", "/").rsplit("/", 1)[-1] if one.isprintable())
    return kept.strip()[:200] or "synanno.json"


def _parts(chunks: Iterable[bytes]) -> Iterable[bytes]:
    """The same bytes in parts of one size."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= _PART:
            yield bytes(held[:_PART])
            del held[:_PART]
    if held:
        yield bytes(held)


def restore_of(by: User, key: uuid.UUID) -> Restore:
    """One's own file. Raises NotFoundError."""
    restore = Restore.objects.filter(asked_by=by, key=key).first()
    if restore is None:
        raise NotFoundError(_NO_FILE)
    return restore


@transaction.atomic
def ask_for_campaign(
    restore: Restore, by: User, choices: Mapping[str, Any], now: datetime
) -> Restore:
    """Have a campaign made of the file; a worker does it. `choices` are those of
    `NewRestoredCampaignSerializer`.

    Raises InvalidInputError and NotFoundError naming the field, PolarityUnsaidError among them, and
    ConflictError where the file is not read, or its campaign is made.
    """
    locked = Restore.objects.select_for_update(no_key=True).filter(pk=restore.pk).first()
    if locked is None:
        raise NotFoundError(_NO_FILE)
    if locked.state in (State.WAITING, State.MAKING) and locked.choices == choices:
        return locked
    if locked.state != State.READ:
        raise ConflictError(_NOT_NOW[State(locked.state)])
    people_of(choices, by)
    chosen_table(choices)
    if Campaign.objects.filter(name=choices["name"].strip()).exists():
        raise InvalidInputError(
            f"name: there is a campaign {choices['name'].strip()!r} already.", field="name"
        )
    found = locked.found
    if found["polarity"] and choices["labels"] and not choices["polarity_switch"]:
        raise PolarityUnsaidError(locked.name, found["polarity"], found["polarity_first"])
    locked.state, locked.choices, locked.moved_at = State.WAITING, dict(choices), now
    locked.failure, locked.field, locked.attempts = "", "", 0
    locked.done, locked.total = 0, found["records"] + found["missed"]
    locked.save()
    enqueue(Job.RESTORE, restore_id=locked.pk)
    return locked


_NOT_NOW = {
    State.READING: "The file is still being read.",
    State.REFUSED: "The file cannot be restored.",
    State.WAITING: "A campaign is being made of this file.",
    State.MAKING: "A campaign is being made of this file.",
    State.MADE: "A campaign was made of this file; send it again for another.",
}


def people_of(choices: Mapping[str, Any], by: User) -> tuple[User, list[User]]:
    """Who judged, and the managers, whoever asks first. Raises NotFoundError naming the field."""
    [annotator] = users_named([choices["annotator"]], "annotator")
    further = users_named(choices.get("managers", []), "managers")
    return annotator, list(dict.fromkeys([by, *further]))


def chosen_table(choices: Mapping[str, Any]) -> SynapseTable | Dataset:
    """The table that was chosen, or the dataset that is to get one. Raises InvalidInputError naming
    the field."""
    if choices["table"] is not None:
        table = SynapseTable.objects.select_related("dataset").filter(pk=choices["table"]).first()
        if table is None:
            raise _gone("table", choices)
        return table
    dataset = Dataset.objects.filter(pk=choices["dataset"]).first()
    if dataset is None:
        raise _gone("dataset", choices)
    return dataset


def _gone(field: str, choices: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError(f"{field}: there is no {field} {choices[field]}.", field=field)


@transaction.atomic
def remove_restore(restore: Restore) -> None:
    """Forget a file, also one that waits for its turn; a campaign that was made of it stays. Raises
    ConflictError while one is."""
    locked = Restore.objects.select_for_update(no_key=True).filter(pk=restore.pk).first()
    if locked is None:
        return  # it was sent twice
    if locked.state == State.MAKING:
        raise ConflictError(_NOT_NOW[State.MAKING])
    locked.delete()
