"""Make a campaign from SynAnno's JSON: its pages, its order, and its labels as verdicts."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.campaigns.services import audit
from apps.campaigns.services.campaigns import combine_roles
from apps.campaigns.services.leasing import lease_given_page
from apps.campaigns.services.placing import Placement, page_size_for, place_items
from apps.core.errors import InvalidInputError
from apps.datasets.models import SynapseTable
from apps.datasets.services.deleting import hold_dataset
from apps.exports.domain.descriptions import IMAGING_ARTIFACT, POLARITY_SWITCH, read_error
from apps.exports.domain.older import CROP_OF_2022, FORM_2022, FORM_A
from apps.exports.domain.polarity import PolarityUnsaidError
from apps.exports.domain.reading import FileRecord, SynAnnoFile
from apps.exports.domain.records import NO_WALK
from apps.exports.services.listing import NewTable, make_table
from apps.exports.services.matching import Matched, match_instances
from apps.exports.services.restores_missed import add_missed
from apps.exports.services.restores_places import keep_places, keep_times
from apps.proofreading.domain import STANDARD_CATEGORIES
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.revision.services.additions_known import look_again
from apps.voxels.geometry import Point

_FORM_NOTICES = {
    FORM_A: ("The paths of pictures in the file are not kept.",),
    FORM_2022: (
        "A file of 2022 has no points, no pages and no crop: synapses are shown at the middle of "
        f"their boxes, with {tuple(CROP_OF_2022)} voxels; its rotations and paths are not kept.",
    ),
}
Tell = Callable[[int], None]


@dataclass(frozen=True)
class RestoreChoices:
    """What the file leaves open.

    `polarity_is_artifact`: polaritySwitch means an imaging artifact, as in files that SynAnno
    wrote after March 2025, or swapped pre and post, as before; None where nobody has said.
    `without_missed`: leave missed synapses out instead of adding them. `without_labels`: nobody has
    judged anything yet.
    """

    polarity_is_artifact: bool | None = None
    without_missed: bool = False
    without_labels: bool = False


@dataclass(frozen=True)
class Restored:
    """The campaign, how many verdicts and added synapses it got, and what the person who asked
    should know."""

    campaign: Campaign
    verdicts: int
    added: int
    notices: tuple[str, ...]


def check_polarity(file: SynAnnoFile, choices: RestoreChoices) -> None:
    """Raises PolarityUnsaidError where the labels cannot be read without knowing."""
    if choices.without_labels or choices.polarity_is_artifact is not None:
        return
    named = [record for record in file.records if record.names_polarity]
    if named:
        raise PolarityUnsaidError(file.name, len(named), named[0].where)


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
    tell: Tell = lambda done: None,
) -> Restored:
    """Create the campaign `name` with the file's pages; every label is a verdict of `annotator`,
    who also adds its missed synapses. `tell` is told how many records are done.

    A `NewTable` is made of the file's synapses, for a campaign of them alone.
    The annotator may be one of the `managers`, and is where there are none. The crop is the
    commonest of the file: SynAnno makes that of an instance deeper when its mask is drawn. The
    times of the file become those of the first and the last page; how long each page took is in no
    file.

    Nobody deletes the table or the dataset meanwhile. All or nothing. Raises InvalidInputError
    naming the record, PolarityUnsaidError among them, or naming what was deleted before.
    """
    _hold(table)
    check_polarity(file, choices)
    records = _judged(file)
    if isinstance(table, NewTable):
        table, instances = make_table(table, records, file.name)
        matched = Matched(instances)
    else:
        matched = match_instances(table, records, file.name)
    placements = [
        Placement(record.page, record.index, matched.instances[record.number]) for record in records
    ]
    judges = [annotator] if managers and annotator not in managers else []
    roles = combine_roles(managers or [annotator], judges)
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
    items = dict(Item.objects.filter(campaign=campaign).values_list("position", "pk"))
    if not choices.without_labels:
        _judge(campaign, annotator, file, records, items, choices, now, tell)
        keep_times(campaign, file.times)
    ended = file.times.finished_at or now
    missed = () if choices.without_missed else _missed(file)
    known = add_missed(campaign, annotator, missed, file.name, ended, now)
    added = list(zip(missed, known.added, strict=True)) if known else []
    keep_places(campaign, [(one, items[one.index]) for one in records], added)
    tell(len(file.records))
    _note(campaign, next(iter(roles)), file, choices, now)
    if known is not None:
        look_again(known)  # the last thing: others on the dataset wait from here on
    verdicts = 0 if choices.without_labels else len(records)
    return Restored(campaign, verdicts, len(added), _notices(file, records, choices, matched))


def _note(
    campaign: Campaign, by: User, file: SynAnnoFile, choices: RestoreChoices, now: datetime
) -> None:
    """What was chosen is forgotten with the file some day: the record keeps it."""
    details: dict[str, object] = {"file": file.name, "records": len(file.records)}
    if choices.polarity_is_artifact is not None:
        is_artifact = choices.polarity_is_artifact
        details["polarity_switch"] = IMAGING_ARTIFACT[0] if is_artifact else POLARITY_SWITCH
    left_out = {"labels": choices.without_labels, "missed": choices.without_missed}
    if any(left_out.values()):
        details["left_out"] = [name for name, is_out in left_out.items() if is_out]
    audit.record(campaign, by, "campaign_restored", details, now)


def _hold(table: SynapseTable | NewTable) -> None:
    """Keep it until the transaction ends. Raises InvalidInputError where somebody deleted it since
    it was chosen."""
    if isinstance(table, NewTable):
        field, name, is_held = "dataset", table.dataset.name, hold_dataset(table.dataset)
    else:
        field, name, is_held = "table", table.name, hold_dataset(table.dataset, table)
    if not is_held:
        raise InvalidInputError(f"{field}: there is no {field} {name!r} any more.", field=field)


def _missed(file: SynAnnoFile) -> list[FileRecord]:
    return [record for record in file.records if record.is_missed_synapse]


def _judged(file: SynAnnoFile) -> list[FileRecord]:
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
    items: Mapping[int, int],
    choices: RestoreChoices,
    now: datetime,
    tell: Tell,
) -> None:
    """Lease every page and submit it with the file's labels, as its annotator once did.

    Where there are several pages, each takes no time, so that no pace and no time of leases is
    learned from them: all are submitted when the file ends, but for the first, when it begins.
    """
    done = 0
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
        done += len(verdicts)
        tell(done)


def _verdict(
    record: FileRecord, item_id: int, made_at: datetime, choices: RestoreChoices
) -> NewVerdict:
    categories, note = read_error(record.error_description, record.label)
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


def _notices(
    file: SynAnnoFile, records: Sequence[FileRecord], choices: RestoreChoices, matched: Matched
) -> tuple[str, ...]:
    counts: Counter[str] = Counter(points=matched.moved)
    crop = _commonest_crop(records)
    for record in records:
        counts["crop"] += record.crop != crop
        counts["polarity"] += record.names_polarity and not choices.without_labels
        counts["annotated"] += record.annotated
        counts["sections"] += record.walk != NO_WALK
    meaning = "an imaging artifact" if choices.polarity_is_artifact else "swapped pre and post"
    sentences = {
        "crop": f"All are shown with the crop {tuple(crop)}; of {{}} the file has another.",
        "polarity": f"polaritySwitch, in {{}}, was read as {meaning}.",
        "points": "The points of the table are shown; of {} the file has others.",
        "annotated": "Drawn masks, of {}, are not in the file.",
        "sections": "Places along neurons, of {}, are told again by files of this campaign; its "
        "pages do not follow the neurons, and there is no map of them.",
    }
    missed = len(file.records) - len(records) if choices.without_missed else 0
    form = _FORM_NOTICES.get(file.form, ())
    notices = [text.format(_records(counts[key])) for key, text in sentences.items() if counts[key]]
    return (*form, *notices, *([f"Missed synapses left out: {missed:,}."] if missed else []))


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
