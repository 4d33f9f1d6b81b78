"""What `exports` does inside Django, each time in a process of its own: its memory is measured."""

from __future__ import annotations

import json
import resource
import sys
import time
import uuid
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402 - after the settings
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.campaigns.models import Campaign, Membership  # noqa: E402
from apps.campaigns.services.paging import place_part, plan_pages  # noqa: E402
from apps.datasets.models import Dataset, SynapseTable, Volume  # noqa: E402
from apps.datasets.services.tables import TableInput, load_table  # noqa: E402
from apps.exports.domain.formats import ExportOptions, Format  # noqa: E402
from apps.exports.models import Export  # noqa: E402
from apps.exports.services.writers import by_format  # noqa: E402
from apps.exports.services.writers.base import Wanted, Writer  # noqa: E402
from apps.exports.services.writing_exports import write_at_once  # noqa: E402
from apps.proofreading.services.campaigns import open_campaign  # noqa: E402
from apps.revision.selectors import Outcome  # noqa: E402

Seconds = defaultdict[str, float]
_SIDE = 256  # of the crop, in voxels
# All rows of a campaign in which one person has judged everything: each fifth is a bad fit, each
# hundredth has a mask drawn in three slices.
_STATEMENTS = (
    # Before Postgres has looked by itself it takes the new pages for none, and joins them one by
    # one with all items: a million were not judged in a quarter of an hour, else in seconds.
    "ANALYZE campaigns_item, campaigns_page",
    """
    INSERT INTO campaigns_lease
        (page_id, user_id, token, leased_at, ended_at, ending, version, reason, was_put_aside)
    SELECT id, %(user)s, gen_random_uuid(), now(), now(), 'submitted', 1, '', false
    FROM campaigns_page WHERE campaign_id = %(campaign)s
    """,
    """
    UPDATE campaigns_page page SET submitted_at = now(), counted_at = now(), lease_id = lease.id
    FROM campaigns_lease lease WHERE lease.page_id = page.id AND page.campaign_id = %(campaign)s
    """,
    """
    INSERT INTO proofreading_verdict
        (item_id, lease_id, user_id, key, label, note, late, made_at, recorded_at)
    SELECT item.id, page.lease_id, %(user)s, gen_random_uuid(),
        CASE WHEN position %% 5 = 0 THEN 'incorrect' ELSE 'correct' END, '', false, now(), now()
    FROM campaigns_item item JOIN campaigns_page page
        ON page.campaign_id = item.campaign_id AND page.number = item.sheet
    WHERE item.campaign_id = %(campaign)s
    """,
    """
    INSERT INTO proofreading_verdictcategory (verdict_id, category_id)
    SELECT verdict.id, category.id
    FROM proofreading_verdict verdict JOIN campaigns_item item ON item.id = verdict.item_id
    JOIN proofreading_errorcategory category
        ON category.campaign_id = item.campaign_id AND category.key = 'badFit'
    WHERE item.campaign_id = %(campaign)s AND verdict.label = 'incorrect'
    """,
    """
    INSERT INTO proofreading_settlement
        (item_id, state, label, p_correct, votes, by_expert, settled_at)
    SELECT id, 'settled', CASE WHEN position %% 5 = 0 THEN 'incorrect' ELSE 'correct' END,
        CASE WHEN position %% 5 = 0 THEN 0.1 ELSE 0.9 END, 1, false, now()
    FROM campaigns_item WHERE campaign_id = %(campaign)s
    """,
    """
    INSERT INTO revision_revision (campaign_id, item_id, rank, wanted, decision, note)
    SELECT campaign_id, id, position, true, '', ''
    FROM campaigns_item WHERE campaign_id = %(campaign)s AND position %% 100 = 0
    """,
    """
    INSERT INTO revision_revisionlease (revision_id, user_id, token, leased_at, ending, reason)
    SELECT id, %(user)s, gen_random_uuid(), now(), '', ''
    FROM revision_revision WHERE campaign_id = %(campaign)s
    """,
    """
    INSERT INTO revision_maskslice
        (revision_id, lease_id, z, number, lo_x, lo_y, hi_x, hi_y, resolution_x, resolution_y,
         resolution_z, labels, voxels, origin, key, late, made_at, recorded_at)
    SELECT lease.revision_id, lease.id, center_z + step, 1, center_x - 128, center_y - 128,
        center_x + 128, center_y + 128, 8, 8, 33, %(labels)s, %(voxels)s, 'drawn',
        gen_random_uuid(), false, now(), now()
    FROM revision_revisionlease lease
    JOIN revision_revision revision ON revision.id = lease.revision_id
    JOIN campaigns_item item ON item.id = revision.item_id
    JOIN datasets_instance instance ON instance.id = item.instance_id
    CROSS JOIN generate_series(-1, 1) step
    WHERE revision.campaign_id = %(campaign)s
    """,
    "ANALYZE",
)


def fill(volumes: dict[str, str], tables: Sequence[str]) -> dict[str, Any]:
    """A dataset whose volumes have no voxels, and a campaign of each table, the instances of which
    are all judged."""
    from apps.datasets.services.datasets import VolumeInput, create_dataset  # noqa: PLC0415

    given = [VolumeInput(Volume.Kind(kind), address) for kind, address in volumes.items()]
    first, *others = map(Path, tables)
    loaded = [create_dataset("bench", given, first)]
    Volume.objects.filter(kind=Volume.Kind.CLEFT).update(is_sparse=True)
    dataset = Dataset.objects.get()
    loaded += [load_table(dataset, TableInput(path, name=path.stem)) for path in others]
    return {"campaigns": [_judged(table) for table in loaded]}


def _judged(table: SynapseTable) -> int:
    """A campaign in which one person has judged all of a table; its id."""
    person = User.objects.create(username=f"annotator of {table.pk}")
    roles = {person: Membership.Role.MANAGER}
    campaign = open_campaign(f"table {table.pk}", table, roles, as_draft=True)
    plan_pages(campaign.pk)
    while place_part(campaign.pk):
        pass
    Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.OPEN)
    y, x = np.ogrid[:_SIDE, :_SIDE]
    drawn = ((x - _SIDE / 2) ** 2 + 4 * (y - _SIDE / 2) ** 2 < 40**2).astype(np.uint8)
    values: dict[str, int | bytes] = {
        "campaign": campaign.pk,
        "user": person.pk,
        "labels": zlib.compress(drawn.tobytes()),
        "voxels": int(drawn.sum()),
    }
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
    return campaign.pk


def export(campaign: int, folder: str, formats: Sequence[str]) -> dict[str, Any]:
    """Write a campaign's results to their end, and say how long each piece took."""
    now = timezone.now()
    row = Export.objects.create(
        key=uuid.uuid4(),
        campaign_id=campaign,
        formats=[*formats],
        options=ExportOptions().as_json(),
        folder=folder,
        asked_at=now,
        moved_at=now,
    )
    seconds, cpu_s = Seconds(float), Seconds(float)
    before_mb = _peak_mb()

    usual = by_format.WRITERS
    by_format.WRITERS = {form: _timed(usual[form], form, seconds, cpu_s) for form in usual}
    try:
        began, cpu_began = time.perf_counter(), time.process_time()
        write_at_once(row.pk)
        took, cpu_took = time.perf_counter() - began, time.process_time() - cpu_began
    finally:
        by_format.WRITERS = usual
    row.refresh_from_db()
    if row.state != Export.State.READY:
        raise RuntimeError(f"the export is {row.state}: {row.failure}")
    count = row.done
    rest = took - sum(seconds.values())
    return {
        "instances/s": count / took,
        "all, s": took,
        "reading outcomes, and all else, instances/s": count / rest,
        **{f"{form}, instances/s": count / seconds[form] for form in formats},
        "CPU, ms an instance": 1_000 * cpu_took / count,
        **{f"{form}, CPU, ms an instance": 1_000 * cpu_s[form] / count for form in formats},
        **{f"{one['name']}, MB": one["bytes"] / 1e6 for one in row.files},
        "peak memory, MB": _peak_mb(),
        "of that before writing, MB": before_mb,
    }


def _timed(
    make: Callable[[Wanted], Writer],
    form: Format,
    seconds: Seconds,
    cpu_s: Seconds,
) -> Callable[[Wanted], Writer]:
    return lambda wanted: _Timed(make(wanted), form.value, seconds, cpu_s)


class _Timed:
    """A writer whose time is counted."""

    def __init__(self, writer: Writer, name: str, seconds: Seconds, cpu_s: Seconds) -> None:
        self._writer, self._name, self._seconds, self._cpu_s = writer, name, seconds, cpu_s

    @property
    def file_name(self) -> str:
        return self._writer.file_name

    @property
    def growth(self) -> float:
        return self._writer.growth

    @property
    def pieces(self) -> Sequence[str]:
        return self._writer.pieces

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        self._count(lambda: self._writer.write_part(part, path))

    def write_piece(self, name: str, parts: Sequence[Path], path: Path) -> None:
        self._count(lambda: self._writer.write_piece(name, parts, path))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        self._count(lambda: self._writer.join(parts, target, pieces))

    def _count(self, act: Callable[[], None]) -> None:
        began, cpu_began = time.perf_counter(), time.process_time()
        act()
        self._seconds[self._name] += time.perf_counter() - began
        self._cpu_s[self._name] += time.process_time() - cpu_began


def _peak_mb() -> float:
    """The most memory that this process has had; Linux counts in KB, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def main() -> None:
    """The name of what is to be done and its arguments as JSON; figures as JSON come out."""
    acts: dict[str, Callable[..., dict[str, Any]]] = {
        "fill": fill,
        "export": export,
    }
    print(json.dumps(acts[sys.argv[1]](**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
