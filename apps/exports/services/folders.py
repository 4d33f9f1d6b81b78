"""Where the files of an export lie."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from apps.exports.gateways.export_folder import ExportFolder
from apps.exports.models import Export


def folder_of(export: Export) -> ExportFolder:
    """That of a command's export is where its person wants the files; others have one below the
    server's."""
    if export.folder:
        return ExportFolder(Path(export.folder))
    server = settings.ENVIRONMENT
    return ExportFolder((server.exports_dir or server.home / "exports") / str(export.key))


def remove_files(export: Export) -> None:
    """Delete what an ended export has on the disk. It may be repeated.

    Of a command's only what it has not finished: the rest is its person's.
    """
    folder = folder_of(export)
    if export.folder:
        folder.remove_parts()
    else:
        folder.remove()
    Export.objects.filter(pk=export.pk).update(has_files=False)
