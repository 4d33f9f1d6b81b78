"""Exports that are asked for and written within a test."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import ExportOptions, Format
from apps.exports.models import Export
from apps.exports.services.asking import NewExport, ask_for_export
from apps.exports.services.folders import folder_of
from apps.exports.services.writing_exports import write_export

KEY = uuid.UUID("00000000-0000-4000-8000-00000000e000")
NO_CHOICE = ExportOptions()


def exports_in(folder: Path, **changes: object) -> object:
    """The environment in which exports lie in this folder."""
    return replace(settings.ENVIRONMENT, exports_dir=folder, **changes)  # type: ignore[arg-type]


def ask(
    campaign: Campaign,
    *formats: Format,
    options: ExportOptions = NO_CHOICE,
    key: uuid.UUID | None = None,
) -> Export:
    """Asked for by nobody in particular, in SynAnno's format and CSV unless others are named."""
    wanted = NewExport(key or uuid.uuid4(), formats or (Format.SYNANNO, Format.CSV), options)
    return ask_for_export(campaign, None, wanted, timezone.now())


def written(export: Export) -> Export:
    """The export after a worker was at it until its end."""
    write_export(export.pk, for_s=60)
    export.refresh_from_db()
    return export


def files_of(export: Export) -> dict[str, str]:
    """The SHA-256 of each file there is, by its path."""
    folder = folder_of(export).path
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest_but_for_when(export: Export) -> dict[str, Any]:
    """What is the same in the manifest of another export of the same campaign and choices."""
    manifest: dict[str, Any] = json.loads(text_of(export, "manifest.json"))
    del manifest["times"], manifest["export"]
    for file in manifest["files"]:
        del file["saved_as"]
    return manifest


def text_of(export: Export, name: str) -> str:
    return (folder_of(export).path / name).read_bytes().decode()
