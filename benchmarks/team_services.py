"""The bench `team` inside Django: its campaigns, the turns without HTTP, and what is counted."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")
django.setup()

# ruff: noqa: E402 - Django's models can be imported from here on
import json
from pathlib import Path
from random import SystemRandom

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.selectors import lease_for, requests_of
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.paging import make_pages
from apps.datasets.models import SynapseTable, Volume
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from apps.proofreading.selectors import item_ids_of_lease
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.voxels.frames import RenderedCutout, encode_frame
from benchmarks.campaign_data import session_of
from benchmarks.team_work import ByHttp, LeasedPage, Order, Turns, Way

MIDDLE_BYTES, REST_BYTES = 15_000, 75_000  # of a usual cutout
_KEYS_A_QUERY = 20_000
_running: list[Turns] = []


class ByServices:
    """What the API calls for a turn, without HTTP: reads and writes of one request each."""

    def __init__(self, users: Sequence[int], campaign: int) -> None:
        found = User.objects.in_bulk(users)
        self._people = [found[user] for user in users]
        self._campaign = Campaign.objects.get(pk=campaign)

    def lease(self, person: int) -> LeasedPage | None:
        now = timezone.now()
        lease = hand_page(self._campaign, self._people[person], now, SystemRandom()).lease
        if lease is None:
            return None
        return LeasedPage(sorted(item_ids_of_lease(lease)), str(lease.token))

    def submit(self, person: int, page: LeasedPage, body: Mapping[str, Any]) -> None:
        lease = lease_for(self._people[person], page.submit_at)
        verdicts = [
            NewVerdict(
                uuid.UUID(one["key"]),
                one["item"],
                Label(one["label"]),
                datetime.fromisoformat(one["made_at"]),
            )
            for one in body["verdicts"]
        ]
        seen = {int(item): Label(label) for item, label in body["labels"].items()}
        submit_page(lease, verdicts, seen, timezone.now())


def make_team(people: int) -> dict[str, Any]:
    """People who are logged in."""
    users = User.objects.bulk_create(User(username=f"person-{n}") for n in range(people))
    return {"users": [user.pk for user in users], "sessions": [session_of(one) for one in users]}


def make_campaign(name: str, folder: str, sheets: int, passes: int) -> int:
    """An open campaign of everybody on volumes that hold nothing; its id.

    All its instances lie at one place, so that one picture, put into Redis here, is that of all.
    """
    table = _table(Path(folder) / name, name)
    roles = dict.fromkeys(User.objects.all(), Membership.Role.ANNOTATOR)
    with transaction.atomic():  # the job that prepares a campaign comes to one that is open
        campaign = open_campaign(name, table, roles)
        _repeat(table, sheets * campaign.page_size)
        Campaign.objects.filter(pk=campaign.pk).update(passes=passes)
        make_pages(campaign.pk)
        let_people_in(campaign.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    items = list(campaign.items.select_related("instance")[:1])
    for request in requests_of(campaign, items):
        middle, rest = ({"part": part, "key": request.key} for part in ("middle", "rest"))
        cutout_store().put(
            request.key,
            RenderedCutout(
                encode_frame(middle, bytes(MIDDLE_BYTES)), encode_frame(rest, bytes(REST_BYTES))
            ),
        )
    return campaign.pk


def _table(folder: Path, name: str) -> SynapseTable:
    """A dataset with one synapse."""
    volumes = []
    for kind, stored, dtype in (("image", "image", "uint8"), ("cleft", "segmentation", "uint32")):
        (folder / kind).mkdir(parents=True)
        scale = {"key": "0", "size": [1024] * 3, "voxel_offset": [0] * 3, "resolution": [8] * 3}
        scale |= {"chunk_sizes": [[64] * 3], "encoding": "raw"}
        info = {"@type": "neuroglancer_multiscale_volume", "type": stored, "data_type": dtype}
        text = json.dumps({**info, "num_channels": 1, "scales": [scale]})
        (folder / kind / "info").write_text(text, encoding="utf-8")
        volumes.append(VolumeInput(Volume.Kind(kind), f"file://{folder / kind}"))
    columns = [f"{point}_{axis}" for point in ("pre_pt", "post_pt") for axis in "xyz"]
    columns += ["x", "y", "z", "pre_neuron_id", "post_neuron_id"]
    numbers = [510, 512, 512, 514, 512, 512, 512, 512, 512, 1, 2]
    table = folder / "synapses.csv"
    table.write_text(f"{','.join(columns)}\n{','.join(map(str, numbers))}\n", encoding="utf-8")
    return create_dataset(name, volumes, table)


def _repeat(table: SynapseTable, count: int) -> None:
    """Have the table list its one synapse so many times."""
    model = type(table.instances.get())
    own = [str(field.column) for field in model._meta.concrete_fields]
    same = ", ".join(name for name in own if name not in {"id", "source_id"})
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} (source_id, {same}) SELECT n, {same} "  # noqa: S608 - names of our own columns
            f"FROM {model._meta.db_table}, generate_series(1, %s) AS n WHERE table_id = %s",
            [count - 1, table.pk],
        )
    SynapseTable.objects.filter(pk=table.pk).update(row_count=count)


_TWICE = """
SELECT count(*) FROM (
    SELECT 1 FROM campaigns_lease lease JOIN campaigns_page page ON page.id = lease.page_id
    WHERE page.campaign_id = %(campaign)s GROUP BY page.id HAVING count(*) > 1
    UNION ALL
    SELECT 1 FROM campaigns_lease lease JOIN campaigns_page page ON page.id = lease.page_id
    WHERE page.campaign_id = %(campaign)s GROUP BY page.sheets, lease.user_id HAVING count(*) > 1
) AS twice
"""
_NOT_ONCE = """
SELECT count(*) FROM (
    SELECT 1 FROM campaigns_page page
    JOIN campaigns_pageitem placed ON placed.page_id = page.id
    LEFT JOIN proofreading_verdict verdict
        ON verdict.lease_id = page.lease_id AND verdict.item_id = placed.item_id
    WHERE page.campaign_id = %(campaign)s AND page.submitted_at IS NOT NULL
    GROUP BY placed.id HAVING count(verdict.id) <> 1
) AS not_once
"""


def count(campaign: int, keys: Sequence[str], submitted: int) -> dict[str, int]:
    """What must all be 0, of a campaign in which leases never expire.

    Double assignments: pages that were leased twice, and sheets that one person was handed twice.
    Lost: accepted verdicts that are not stored once as votes in time, submitted items without
    exactly one verdict, submissions that were answered and are not there.
    """
    stored = 0
    for start in range(0, len(keys), _KEYS_A_QUERY):
        some = keys[start : start + _KEYS_A_QUERY]
        stored += Verdict.objects.filter(key__in=some, label=Label.INCORRECT, late=False).count()
    pages = Page.objects.filter(campaign=campaign, submitted_at__isnull=False).count()
    with connection.cursor() as cursor:
        cursor.execute(_TWICE, {"campaign": campaign})
        twice = cursor.fetchone()[0]
        cursor.execute(_NOT_ONCE, {"campaign": campaign})
        not_once = cursor.fetchone()[0]
    return {
        "double": twice,
        "lost": abs(len(keys) - stored) + not_once + abs(pages - submitted),
    }


def do_run(
    order: Mapping[str, Any], users: Sequence[int], host: str, sessions: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """What came of a run of the people that this process has. `end_run` ends it."""
    run = Order(**order)
    way: Way = ByServices(users, run.campaign)
    if run.over_http:
        way = ByHttp(host, sessions, run.campaign)
    turns = Turns(way, run)
    _running.append(turns)
    return asdict(turns.take_all())


def end_run() -> dict[str, Any]:
    """Submit the pages that people still hold; what came of that."""
    return asdict(_running.pop().submit_what_is_held())


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "make_team": make_team,
    "make_campaign": make_campaign,
    "do_run": do_run,
    "end_run": end_run,
    "count": count,
}


def main() -> None:
    """Call functions here: a line of JSON in, a line out."""
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(FUNCTIONS[name](**arguments)), flush=True)


if __name__ == "__main__":
    main()
