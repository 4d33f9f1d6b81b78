"""What the manifest of an export says, from what the export is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.campaigns.models import Campaign
from apps.exports.domain.manifest import Source, WrittenFile, manifest_of, name_when_saved
from apps.exports.models import Export


def manifest_for(export: Export, campaign: Campaign, now: datetime) -> dict[str, Any]:
    """As JSON has it. The campaign comes with its table and dataset."""
    source = Source(
        campaign_id=campaign.pk,
        campaign=campaign.name,
        campaign_version=campaign.version,
        dataset=campaign.table.dataset.name,
        table=campaign.table.name,
        table_version=campaign.table.version,
    )
    return manifest_of(
        source,
        export.counts,
        [_file(export, one) for one in export.files],
        number=export.pk,
        options=export.options,
        software=settings.SOFTWARE_VERSION,
        asked_at=export.asked_at,
        begun_at=export.begun_at or now,
        finished_at=now,
    )


def _file(export: Export, file: Mapping[str, Any]) -> WrittenFile:
    """That of a command is not fetched: it lies where it was written, below the manifest."""
    name, in_folder = file["name"], file["path"]
    fetched = name_when_saved(export.campaign_id, export.pk, name)
    return WrittenFile(
        name=name,
        saved_as=in_folder if export.folder else fetched,
        format=file["format"],
        size=file["bytes"],
        sha256=file["sha256"],
        notes=file["notes"],
    )
