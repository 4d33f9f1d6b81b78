"""Links to files of exports, and what they lead to."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry
from apps.campaigns.services.audit import record
from apps.core.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
)
from apps.datasets.gateways.local_files import StoredFile
from apps.datasets.gateways.opened_files import open_to_read
from apps.exports.gateways.export_folder import GONE
from apps.exports.models import Export
from apps.exports.services.folders import folder_of

LINK_HOURS = 12
_SALT = "apps.exports.links"
_LONGEST = 1_000
State = Export.State


class LinkError(ForbiddenError):
    """A link that was changed, or that is somebody else's."""

    code = "link_invalid"


class LinkExpiredError(GoneError):
    """A link whose time is over."""

    code = "link_expired"


def link_for(export: Export, name: str, person: User, now: datetime) -> str:
    """What a link to a file carries: whose it is, and until when it leads there. It is the same for
    an hour, so that a list that is asked for again is the same, too."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    until = hour + timedelta(hours=LINK_HOURS + 1)
    said = [str(export.key), name, person.pk, int(until.timestamp())]
    return Signer(salt=_SALT).sign_object(said)


def check_link(link: str, export: Export, name: str, person: User, now: datetime) -> None:
    """Raises InvalidInputError, LinkError, or LinkExpiredError."""
    if not link:
        raise InvalidInputError(
            "link: fetch this file by its link on the page of exports.", field="link"
        )
    try:
        said = Signer(salt=_SALT).unsign_object(link[:_LONGEST])
    except (BadSignature, ValueError) as error:
        raise LinkError(
            "This link is not whole, or was changed; take it from the page of exports."
        ) from error
    key, of_name, of_person, until = said
    if of_person != person.pk:
        raise LinkError(
            "This link was made for somebody else; take your own from the page of exports."
        )
    if [key, of_name] != [str(export.key), name]:
        raise LinkError("This link is for another file; take it from the page of exports.")
    if now.timestamp() > until:
        raise LinkExpiredError(
            f"This link has expired: it leads to the file for {LINK_HOURS} hours. "
            "Take a new one from the page of exports."
        )


def open_file(export: Export, name: str) -> StoredFile:
    """A file of an export, open to be read.

    Raises NotFoundError, ConflictError where it is not ready, and GoneError.
    """
    check_ready(export)
    file = next((one for one in export.files if one["name"] == name), None)
    if file is None:
        raise NotFoundError("This export has no such file.")
    path = folder_of(export).path / file["path"]
    try:
        descriptor = open_to_read(path)
    except OSError as error:
        raise GoneError(GONE) from error
    return StoredFile(path, "", os.fstat(descriptor).st_size, f'"{file["sha256"]}"', descriptor)


def check_ready(export: Export) -> None:
    """Raises ConflictError where it is not ready, and GoneError."""
    if export.state in {State.WAITING, State.WRITING}:
        raise ConflictError("This export is not ready yet.")
    if export.state != State.READY:
        why = export.failure if export.state == State.EXPIRED else ""
        why = why or f"The files of this export are gone: it is {export.state}."
        raise GoneError(why)
    if export.expires_at is not None and export.expires_at <= timezone.now():
        raise GoneError(f"The files of this export are gone: it is {State.EXPIRED}.")


def note_download(export: Export, name: str, person: User, first_byte: int) -> None:
    """Keep record of who fetched what; what goes on with a file that was begun is no new one."""
    now = timezone.now()
    details = {"file": name, "export": export.pk}
    if first_byte:
        lately = now - timedelta(hours=LINK_HOURS)
        begun = AuditEntry.objects.filter(
            campaign=export.campaign_id,
            actor=person,
            action="export_downloaded",
            at__gte=lately,
            details=details,
        )
        if begun.exists():
            return
    record(export.campaign, person, "export_downloaded", details, now)
