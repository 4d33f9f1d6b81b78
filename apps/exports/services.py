"""Write the results of campaigns."""

from __future__ import annotations

import json

from apps.campaigns.models import Campaign
from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain import NO_ERROR, SynapseRecord, document
from apps.proofreading.domain import DEFAULT_LABEL
from apps.proofreading.selectors import SettledItem, campaign_times, settled_items
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Point


def synanno_document(campaign: Campaign) -> str:
    """The campaign as SynAnno's JSON, indented as SynAnno writes it.

    An instance that nobody has judged yet has SynAnno's starting label, correct.
    """
    target = volumes_of(campaign.table.dataset_id)[Volume.Kind.CLEFT].grid
    records = [_record(campaign, settled, target) for settled in settled_items(campaign)]
    times = campaign_times(campaign)
    return json.dumps(document(records, times.started_at, times.finished_at), indent=4)


def _record(campaign: Campaign, settled: SettledItem, target: Grid) -> SynapseRecord:
    instance = settled.item.instance

    def in_target(point: Point) -> Point:
        return convert_point(point, campaign.table.resolution, target.resolution)

    return SynapseRecord(
        page=settled.page_number,
        index=settled.item.position,
        source_id=instance.source_id,
        label=(settled.label or DEFAULT_LABEL).value,
        error_description=", ".join(settled.categories) or settled.note or NO_ERROR,
        center=in_target(instance.center),
        pre_pt=instance.pre_pt and in_target(instance.pre_pt),
        post_pt=instance.post_pt and in_target(instance.post_pt),
        crop=campaign.crop,
        bounds=target.bounds,
    )
