"""Ask for exports, give them up, and delete them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.services.audit import record
from apps.campaigns.services.life import lock_campaign
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.exports.domain.formats import ExportOptions, Format
from apps.exports.models import UNFINISHED, Export

MOST_AT_ONCE = 3  # of a campaign
NOTHING_YET = {Campaign.Status.DRAFT, Campaign.Status.PREPARING, Campaign.Status.FAILED}
State = Export.State
_OVER = {
    State.READY: "was ready already; its files can be fetched",
    State.EXPIRED: "was ready already; its files have been deleted since",
    State.FAILED: "had failed already",
    State.CANCELLED: "was cancelled already",
    State.REMOVED: "was deleted already",
}


class NothingYetError(ConflictError):
    """The campaign has no pages yet."""

    code = "nothing_yet"


class TooManyError(ConflictError):
    """The campaign is being exported several times already."""

    code = "too_many"


class OverError(ConflictError):
    """The export has ended already."""

    code = "export_over"


@dataclass(frozen=True)
class NewExport:
    """What somebody wants written; `key` is theirs, and the same one sent again changes nothing."""

    key: uuid.UUID
    formats: Sequence[Format]
    options: ExportOptions


def ask_for_export(
    campaign: Campaign, by: User | None, new: NewExport, now: datetime, *, folder: str = ""
) -> Export:
    """Have the results of a campaign written; a worker does it. What goes to a `folder` is written
    by the command that asks for it.

    Raises InvalidInputError, NothingYetError, and TooManyError.
    """
    if not new.formats:
        raise InvalidInputError("formats: choose at least one.", field="formats")
    formats = [form for form in Format if form in new.formats]
    with transaction.atomic():
        campaign = lock_campaign(campaign.pk)
        known = Export.objects.filter(key=new.key).first()
        if known is not None:
            return _the_same(known, campaign, formats, new)
        if campaign.status in NOTHING_YET:
            raise NothingYetError("There is nothing to export before the campaign has started.")
        _check_count(campaign, folder)
        export = Export.objects.create(
            key=new.key,
            campaign=campaign,
            asked_by=by,
            formats=[form.value for form in formats],
            options=new.options.as_json(),
            folder=folder,
            asked_at=now,
            moved_at=now,
        )
        details = {"formats": ", ".join(export.formats), **export.options, "export": export.pk}
        record(campaign, by, "export_asked", details | ({"to": folder} if folder else {}), now)
        if not folder:
            enqueue(Job.WRITE_EXPORT, export_id=export.pk)
    return export


def _the_same(known: Export, campaign: Campaign, formats: list[Format], new: NewExport) -> Export:
    is_same = known.campaign_id == campaign.pk and known.wanted_formats == formats
    if not is_same or known.wanted_options != new.options:
        raise InvalidInputError(f"key: {new.key} was used for another export.", field="key")
    return known


def _check_count(campaign: Campaign, folder: str) -> None:
    unfinished = Export.objects.filter(campaign=campaign, state__in=UNFINISHED, folder="")
    if not folder and unfinished.count() >= MOST_AT_ONCE:
        raise TooManyError(
            f"{MOST_AT_ONCE} exports of this campaign are being written; wait for one, or cancel "
            "it."
        )


def cancel_export(export: Export, by: User, now: datetime) -> Export:
    """Give up an export that is not ready; nothing of it is kept. Who writes it hears of it.

    Raises OverError where it has ended.
    """
    with transaction.atomic():
        locked = Export.objects.select_for_update(no_key=True).get(pk=export.pk)
        if locked.state not in UNFINISHED:
            raise OverError(f"Export {locked.pk} {_OVER[State(locked.state)]}.")
        if locked.cancelled_at is None:
            locked.cancelled_at = now
            if locked.state == State.WAITING:
                locked.state, locked.finished_at = State.CANCELLED, now
            locked.save(update_fields=["cancelled_at", "state", "finished_at"])
            record(locked.campaign, by, "export_cancelled", {"export": locked.pk}, now)
            enqueue(Job.WRITE_EXPORT, export_id=locked.pk)
    return locked


def remove_export(export: Export, by: User, now: datetime) -> None:
    """Take an export that has ended from the list, and its files from the disk; a worker deletes
    them. Doing so again changes nothing.

    Raises ConflictError where it is still being written.
    """
    with transaction.atomic():
        locked = Export.objects.select_for_update(no_key=True).get(pk=export.pk)
        if locked.state in UNFINISHED:
            raise ConflictError("This export is still being written; cancel it first.")
        if locked.state != State.REMOVED:
            Export.objects.filter(pk=locked.pk).update(state=State.REMOVED)
            record(locked.campaign, by, "export_removed", {"export": locked.pk}, now)
            enqueue(Job.RESUME_EXPORTS)
