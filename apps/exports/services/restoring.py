"""Make a campaign from SynAnno's JSON: its pages, its order, and its labels as verdicts."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.campaigns.services.campaigns import combine_roles
from apps.campaigns.services.leasing import lease_given_page
from apps.campaigns.services.placing import Placement, page_size_for, place_items
from apps.core.errors import InvalidInputError
from apps.datasets.models import SynapseTable
from apps.exports.domain.descriptions import IMAGING_ARTIFACT, POLARITY_SWITCH, split_error
from apps.exports.domain.older import CROP_OF_2022, FORM_2022, FORM_A
from apps.exports.domain.reading import FileRecord, SynAnnoFile
from apps.exports.services.listing import NewTable, make_table
from apps.exports.services.matching import match_instances
from apps.proofreading.domain import CANNOT_JUDGE, STANDARD_CATEGORIES, Label
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.voxels.geometry import Point

_FORM_NOTICES = {
    FORM_A: ("The paths of pictures in the file are not kept.",),
    FORM_2022: (
        "A file of 2022 has no points, no pages and no crop: synapses are shown at the middle of "
        f"their boxes, with {tuple(CROP_OF_2022)} voxels; its rotations and paths are not kept.",
    ),
}
_FILE_KEYS = tuple(key for key, _ in STANDARD_CATEGORIES)


@dataclass(frozen=True)
class RestoreChoices:
    """What the file leaves open.

    `polarity_is_artifact`: polaritySwitch means an imaging artifact, as in files that SynAnno
    wrote after March 2025. `without_missed`: leave missed synapses out instead of refusing them;
    they are no instances of the table. `without_labels`: nobody has judged anything yet.
    """

    polarity_is_artifact: bool = False
    without_missed: bool = False
    without_labels: bool = False


@dataclass(frozen=True)
class Restored:
    """The campaign, how many verdicts it got, and what the person who asked should know."""

    campaign: Campaign
    verdicts: int
    notices: tuple[str, ...]


@transaction.atomic
def restore_campaign(
    name: str,
    table: SynapseTable | NewTable,
    file: SynAnnoFile,
    annotator: User,
    *,
    now: datetime,
    managers: Sequence[User] = (),
    choices: RestoreChoices = RestoreChoices(),
) -> Restored:
    """Create the campaign `name` with the file's pages; every label is a verdict of `annotator`.

    A `NewTable` is made of the file's synapses, for a campaign of them alone.
    Without `managers` the annotator is the manager, too. The crop is the commonest of the file:
    SynAnno makes that of an instance deeper when its mask is drawn. The times of the file become
    those of the first and the last page; how long each page took is in no file.

    All or nothing. Raises InvalidInputError naming the record.
    """
    records = _judged(file, choices)
    if isinstance(table, NewTable):
        table, instances = make_table(table, records, file.name)
    else:
        instances = match_instances(table, records, file.name)
    placements = [
        Placement(record.page, record.index, instances[record.number]) for record in records
    ]
    roles = combine_roles(managers, [annotator]) if managers else combine_roles([annotator], [])
    extra = (IMAGING_ARTIFACT,) if choices.polarity_is_artifact else ()
    campaign = open_campaign(
        name,
        table,
        roles,
        page_size=page_size_for(placements),
        crop=_commonest_crop(records),
        instructions=f"Restored from {file.name}.",
        categories=(*STANDARD_CATEGORIES, *extra),
        created_by=next(iter(roles)),
    )
    place_items(campaign, placements)
    if not choices.without_labels:
        _judge(campaign, annotator, file, records, choices, now)
    verdicts = 0 if choices.without_labels else len(records)
    return Restored(campaign, verdicts, _notices(file, records, choices))


def _judged(file: SynAnnoFile, choices: RestoreChoices) -> list[FileRecord]:
    missed = [record for record in file.records if record.is_missed_synapse]
    if missed and not choices.without_missed:
        raise InvalidInputError(
            f"file: {file.name}, {missed[0].where}: {missed[0].error_description!r} is a missed "
            f"synapse, of which there are {len(missed)} here. They are in no synapse table and "
            "cannot be restored; ask for the others without them.",
            field="file",
        )
    judged = [record for record in file.records if not record.is_missed_synapse]
    if not judged:
        raise InvalidInputError(f"file: {file.name} holds missed synapses only.", field="file")
    return judged


def _commonest_crop(records: Sequence[FileRecord]) -> Point:
    return Counter(record.crop for record in records).most_common(1)[0][0]


def _judge(
    campaign: Campaign,
    annotator: User,
    file: SynAnnoFile,
    records: Sequence[FileRecord],
    choices: RestoreChoices,
    now: datetime,
) -> None:
    """Lease every page and submit it with the file's labels, as its annotator once did.

    Where there are several pages, each takes no time, so that no pace and no time of leases is
    learned from them: all are submitted when the file ends, but for the first, when it begins.
    """
    items = dict(Item.objects.filter(campaign=campaign).values_list("position", "pk"))
    labelled: Mapping[int, list[FileRecord]] = defaultdict(list)
    for record in records:
        labelled[record.page].append(record)
    ended = file.times.finished_at or now
    begun = file.times.started_at or ended
    pages = list(campaign.pages.order_by("number"))
    for page in pages:
        is_first = page == pages[0]
        submitted_at = begun if is_first and len(pages) > 1 else ended
        lease = lease_given_page(page, annotator, begun if is_first else ended)
        verdicts = [
            _verdict(record, items[record.index], submitted_at, choices)
            for record in labelled[page.number]
        ]
        seen = {verdict.item_id: verdict.label for verdict in verdicts}
        submit_page(lease, verdicts, seen, submitted_at)


def _verdict(
    record: FileRecord, item_id: int, made_at: datetime, choices: RestoreChoices
) -> NewVerdict:
    categories, note = split_error(record.error_description, _keys_for(record.label))
    if choices.polarity_is_artifact:
        artifact = IMAGING_ARTIFACT[0]
        categories = tuple(artifact if key == POLARITY_SWITCH else key for key in categories)
    return NewVerdict(
        key=uuid.uuid4(),
        item_id=item_id,
        label=record.label,
        made_at=made_at,
        categories=categories,
        note=note,
    )


def _keys_for(label: Label) -> tuple[str, ...]:
    """The keys that name categories of what has this label; what cannot be judged is unsure."""
    return (*_FILE_KEYS, CANNOT_JUDGE) if label is Label.UNSURE else _FILE_KEYS


def _notices(
    file: SynAnnoFile, records: Sequence[FileRecord], choices: RestoreChoices
) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    crop = _commonest_crop(records)
    for record in records:
        counts["crop"] += record.crop != crop
        categories, _ = split_error(record.error_description, _FILE_KEYS)
        counts["polarity"] += POLARITY_SWITCH in categories
        counts["annotated"] += record.annotated
        counts["sections"] += not record.in_volume_mode
    meaning = "an imaging artifact" if choices.polarity_is_artifact else "swapped pre and post"
    sentences = {
        "crop": f"records have another crop size than {tuple(crop)}, which all are shown with.",
        "polarity": f"records say polaritySwitch, which was read as {meaning}.",
        "annotated": "records have drawn masks, which are not in the file.",
        "sections": "records belong to sections of a neuron, which are not kept.",
    }
    missed = len(file.records) - len(records)
    form = _FORM_NOTICES.get(file.form, ())
    notices = [f"{counts[key]} {text}" for key, text in sentences.items() if counts[key]]
    return (*form, *notices, *([f"{missed} missed synapses were left out."] if missed else []))
