"""Exports of commands: written at once, into a folder of their person's."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from apps.campaigns.models import Campaign
from apps.core.errors import InvalidInputError
from apps.exports.domain.formats import ExportOptions, Format
from apps.exports.gateways.export_folder import GONE, ExportFolder
from apps.exports.models import UNFINISHED, Export
from apps.exports.services.asking import NewExport, ask_for_export
from apps.exports.services.writing_exports import end, write_at_once


def export_to(
    output: Path,
    campaign: Campaign,
    formats: Sequence[Format],
    options: ExportOptions,
    now: datetime,
) -> Export:
    """Write the results into a folder, or go on with what was interrupted there.

    Raises SynAnnoError: where the folder cannot be written, where it holds what this export would
    not replace or another is unfinished there, and where the disk is full; what was written until
    then stays, for the next call.
    """
    folder = ExportFolder(output.expanduser().resolve())
    try:
        begun = _begun_in(folder)
        if begun is None:
            _check_free(folder, output, formats)
        folder.make()
    except OSError as error:
        raise InvalidInputError(
            f"output: {output} cannot be used: {error.strerror or error}.", field="output"
        ) from error
    if begun is None:
        new = NewExport(uuid.uuid4(), formats, options)
        begun = ask_for_export(campaign, None, new, now, folder=str(folder.path))
    _check_the_same(begun, output, campaign, formats, options)
    write_at_once(begun.pk)
    begun.refresh_from_db()
    return begun


def _begun_in(folder: ExportFolder) -> Export | None:
    """The export that was interrupted there; one whose parts are gone is given up."""
    unfinished = Export.objects.filter(folder=str(folder.path), state__in=UNFINISHED)
    for begun in unfinished.order_by("-pk"):
        if folder.has_parts(begun.formats, begun.parts):
            return begun
        end(begun, Export.State.FAILED, GONE)
    folder.remove_parts()
    return None


def _check_free(folder: ExportFolder, output: Path, formats: Sequence[Format]) -> None:
    """Nothing of a person's may go, as a folder `masks` of theirs would, and no file of an earlier
    export may stay that the new manifest does not name."""
    earlier = Export.objects.filter(folder=str(folder.path)).order_by("pk")
    written = {
        PurePosixPath(file["path"]).parts[0]: file["format"]
        for export in earlier
        for file in export.files
    }
    replaced = {*(form.value for form in formats), "manifest"}
    kept = [name for name in folder.names() if written.get(name) not in replaced]
    if kept:
        what = f"{', '.join(kept[:3])}{' and more' if len(kept) > 3 else ''}"
        raise InvalidInputError(
            f"output: {output} holds what this export would not replace ({what}); name a folder "
            "that is new or empty.",
            field="output",
        )


def _check_the_same(
    begun: Export,
    output: Path,
    campaign: Campaign,
    formats: Sequence[Format],
    options: ExportOptions,
) -> None:
    if begun.campaign_id != campaign.pk:
        what = f"campaign {begun.campaign_id}"
    elif begun.wanted_formats != list(formats) or begun.wanted_options != options:
        chosen = ", ".join(f"--{name} {value}" for name, value in begun.options.items())
        what = f"this campaign with --formats {' '.join(begun.formats)}, {chosen}"
    else:
        return
    raise InvalidInputError(
        f"output: in {output} an export of {what} is unfinished; call it again so, or remove the "
        "folder .parts there.",
        field="output",
    )
