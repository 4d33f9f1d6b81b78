"""Slices are kept as they are drawn: each version stays, and nobody overwrites another."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.revision.models import MaskSlice, Revision
from tests.campaigns.test_query_counts import queries_of
from tests.support.drawing import Reviser, revise
from tests.support.people import Team
from tests.support.work import post

pytestmark = pytest.mark.django_db


def numbers(reviser: Reviser, z: int) -> list[tuple[int, str, bool]]:
    """The versions of a slice: number, origin, and whether it came late."""
    versions = reviser.get(f"versions?z={z}")["versions"]
    return [(one["number"], one["origin"], one["late"]) for one in versions]


def test_what_is_drawn_is_there_voxel_for_voxel(anna: Reviser) -> None:
    z = anna.easel["middle_z"]
    first, second = anna.drawn(z), anna.drawn(z + 1, runs=[0, anna.width * anna.height])
    answer = anna.draw(first, second)
    assert [(one["z"], one["number"], one["key"]) for one in answer["kept"]] == [
        (z, 1, first["key"]),
        (z + 1, 1, second["key"]),
    ]
    assert answer["expires_at"] > timezone.now().isoformat()
    anna.look()
    for sent in (first, second):
        holds = anna.slice(sent["z"])
        assert (holds["runs"], holds["number"], holds["by"]) == (sent["runs"], 1, "anna")
    row = MaskSlice.objects.get(key=first["key"])
    box = anna.easel["box"]
    assert [row.lo_x, row.lo_y, row.hi_x, row.hi_y] == [*box["lo"][:2], *box["hi"][:2]]
    assert (row.voxels, row.lease_id) == (64, anna.lease.pk)
    assert [row.resolution_x, row.resolution_y, row.resolution_z] == anna.easel["resolution_nm"]
    assert anna.slice(z - 1)["number"] == 0


def test_the_same_sent_again_is_kept_once(anna: Reviser) -> None:
    sent = anna.drawn(anna.easel["middle_z"])
    first = anna.draw(sent)
    again = anna.draw(sent)
    assert again["kept"] == first["kept"]
    assert MaskSlice.objects.count() == 1


def test_versions_drawn_without_a_network_come_one_upon_the_other(anna: Reviser) -> None:
    z = anna.easel["middle_z"]
    first = anna.drawn(z)
    anna.draw(first)  # the answer is lost
    second, third = anna.drawn(z, runs=anna.square(1, 1, 3)), anna.drawn(z)
    anna.draw(first, second, third)  # all upon the version that was seen
    assert numbers(anna, z) == [
        (3, "drawn", False),
        (2, "drawn", False),
        (1, "drawn", False),
        (0, "volume", False),
    ]


def test_a_version_is_restored_and_none_is_lost(anna: Reviser) -> None:
    z = anna.easel["middle_z"]
    runs = [anna.square(5, 5, side) for side in (3, 4)]
    for base, one in enumerate(runs):
        anna.draw(anna.drawn(z, base, runs=one))
    key = str(uuid.uuid4())
    back = {"z": z, "version": 1, "base": 2, "key": key}
    assert anna.send("restore", back)["kept"] == [{"z": z, "number": 3, "key": key}]
    anna.look()
    assert (anna.slice(z)["runs"], anna.slice(z)["origin"]) == (runs[0], "restored")
    row = MaskSlice.objects.get(number=3)
    assert row.restored is not None
    assert row.restored.number == 1
    as_before = {"z": z, "version": 0, "base": 3, "key": str(uuid.uuid4())}
    anna.send("restore", as_before)
    anna.look()
    assert (anna.slice(z)["number"], anna.slice(z)["runs"]) == (4, None)
    assert [one for one, *_ in numbers(anna, z)] == [4, 3, 2, 1, 0]
    missing = anna.send("restore", back | {"version": 9, "key": str(uuid.uuid4())}, 400)
    assert missing["error"]["sentence"] == f"version: slice {z} has no version 9."


def test_whoever_comes_second_is_refused_and_told_what_holds(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    z = anna.easel["middle_z"]
    anna.draw(anna.drawn(z))
    newer = anna.square(40, 40, 5)
    anna.draw(anna.drawn(z, 1, runs=newer))  # in another tab
    stale, other = anna.drawn(z, 1), anna.drawn(z + 1)
    error = anna.draw(stale, other, status=409)["error"]
    assert error["code"] == "slice_changed"
    assert "slice" in error["sentence"]
    assert "by anna" in error["sentence"]
    (holds,) = error["slices"]
    assert (holds["z"], holds["number"], holds["runs"], holds["by"]) == (z, 2, newer, "anna")
    assert [one["key"] for one in error["kept"]] == [other["key"]]
    assert error["held"] is True
    assert numbers(anna, z)[0] == (3, "drawn", True)
    assert anna.now(z)["number"] == 2
    assert anna.draw(stale, status=409)["error"]["slices"] == [holds]  # sent again
    assert MaskSlice.objects.filter(z=z).count() == 3
    anna.send("restore", {"z": z, "version": 3, "base": 2, "key": str(uuid.uuid4())})
    assert anna.now(z)["runs"] == stale["runs"]


def test_what_comes_when_somebody_else_has_it_is_kept_as_late(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    z = anna.easel["middle_z"]
    anna.draw(anna.drawn(z))
    Revision.objects.filter(pk=anna.lease.revision_id).update(
        held_until=timezone.now() - timedelta(seconds=1)
    )
    ben = revise(mended, team.ben, anna.lease.revision_id)
    ben.draw(ben.drawn(z, 1, runs=ben.square(2, 2, 2)))
    error = anna.draw(anna.drawn(z, 1), anna.drawn(z + 1), status=409)["error"]
    assert error["held"] is False
    assert "kept" in error["sentence"]
    assert [(one["z"], one["number"], one["by"]) for one in error["slices"]] == [
        (z, 2, "ben"),
        (z + 1, 0, None),
    ]
    assert numbers(ben, z)[:2] == [(3, "drawn", True), (2, "drawn", False)]
    assert ben.now(z + 1)["number"] == 0
    ben.draw(ben.drawn(z + 1))  # the late one stands in nobody's way
    assert anna.get("easel", 409)["error"]["code"] == "stale_lease", "it is his to draw on"


def test_a_lease_whose_time_ran_out_is_held_again_by_itself(anna: Reviser) -> None:
    past = timezone.now() - timedelta(hours=1)
    Revision.objects.filter(pk=anna.lease.revision_id).update(held_until=past)
    answer = anna.draw(anna.drawn(anna.easel["middle_z"]))
    assert answer["expires_at"] > timezone.now().isoformat()


MISTAKES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"runs": [5]}, "slices.1.runs: those of slice"),
    ({"runs": [5]}, "they fill 5 voxels, and the slice has 96×"),
    ({"runs": [9216, 0]}, "number 1 of them is 0; only the first may be"),
    ({"runs": [9217, -1]}, "number 1 of them is -1; a length cannot be negative"),
    ({"runs": [9216.0]}, "number 0 of them, 9216.0, is no whole number"),
    ({"runs": "9216"}, "slices.1.runs: Runs are a list of numbers."),
    ({"runs": [9216] * 100_000}, "they fill 921,600,000 voxels"),
    ({"z": 999}, "z: slice 999 lies outside of what can be drawn on, which are slices"),
    ({"base": -1}, "slices.1.base: "),
    ({"origin": "proposed"}, '"proposed" is none of drawn, copied'),
    ({"key": "x"}, "slices.1.key: "),
    ({"made_at": "today"}, "slices.1.made_at: "),
    ({"color": "red"}, "slices.color: there is no such field"),
)


def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_kept(anna: Reviser) -> None:
    z = anna.easel["middle_z"]
    for change, said in MISTAKES:
        error = anna.draw(anna.drawn(z), anna.drawn(z) | change, status=400)["error"]
        assert said in error["sentence"]
    assert MaskSlice.objects.count() == 0


def test_keys_name_one_version_alone(anna: Reviser, mended: Campaign, team: Team) -> None:
    z = anna.easel["middle_z"]
    sent = anna.drawn(z)
    anna.draw(sent)
    assert "two slices have the same key" in str(anna.draw(sent, sent, status=400))
    assert "was used for another" in str(anna.draw(sent | {"z": z + 1}, status=400))
    ben = revise(mended, team.ben)
    z = ben.easel["middle_z"]
    assert "was used for another" in str(ben.draw(ben.drawn(z, key=sent["key"]), status=400))


def test_more_voxels_than_can_be_unpacked_at_once_are_refused(
    anna: Reviser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few numbers stand for any number of voxels."""
    z, voxels = anna.easel["middle_z"], anna.width * anna.height
    monkeypatch.setattr("apps.revision.api.slices.MOST_VOXELS", 2 * voxels)
    sent = [anna.drawn(z, runs=[voxels]) for _ in range(3)]
    error = anna.draw(*sent, status=400)["error"]
    assert error["field"] == "slices"
    assert f"{3 * voxels:,} voxels; at most {2 * voxels:,}" in error["sentence"]
    assert not MaskSlice.objects.exists()
    anna.draw(*sent[:2])


def test_an_address_that_names_no_slice_is_refused(anna: Reviser) -> None:
    for query in ("z=x", "z=999", "z=3000000000", "z=4&before=x"):
        assert anna.get(f"versions?{query}", 400)["error"]["code"] == "invalid"


def test_what_was_drawn_cannot_be_changed_or_deleted(anna: Reviser) -> None:
    anna.draw(anna.drawn(anna.easel["middle_z"]))
    for change in (MaskSlice.objects.all().delete, lambda: MaskSlice.objects.update(voxels=1)):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()


def many_versions(reviser: Reviser, count: int) -> int:
    """So many versions of the middle slice; each seventh came late."""
    z: int = reviser.easel["middle_z"]
    reviser.draw(reviser.drawn(z))
    others = {"id", "key", "number", "late"}
    columns = ", ".join({str(f.column) for f in MaskSlice._meta.concrete_fields} - others)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO revision_maskslice ({columns}, key, number, late) "  # noqa: S608
            f"SELECT {columns}, gen_random_uuid(), n, n %% 7 = 0 "
            "FROM revision_maskslice, generate_series(2, %s) n",
            [count],
        )
        cursor.execute("ANALYZE revision_maskslice")
    return z


def test_ten_thousand_versions_cost_no_more_than_a_few(anna: Reviser) -> None:
    z = many_versions(anna, 10_000)

    def cost() -> list[int]:
        return [
            queries_of(lambda: anna.client.get(f"{anna.address}/easel")),
            queries_of(lambda: anna.client.get(f"{anna.address}/versions?z={z}")),
            queries_of(
                lambda: post(
                    anna.client,
                    f"{anna.address}/slices",
                    {"slices": [anna.drawn(at) for at in anna.zs if at != z][:9]},
                )
            ),
        ]

    found = cost()
    assert found[0] <= 8
    assert found[1] <= 6
    assert found[2] <= 11
    rows = rows_read(anna.look)
    assert rows < 200
    first = anna.get(f"versions?z={z}")
    assert (len(first["versions"]), first["before"]) == (50, 9951)
    last = anna.get(f"versions?z={z}&before=20")
    assert [one["number"] for one in last["versions"]] == [*range(19, -1, -1)]
    assert last["before"] is None


def rows_read(ask: Any) -> int:
    """How many rows of masks the database reads for a request, by its plans."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    read = 0
    for query in captured.captured_queries:
        sql = query["sql"].lstrip()
        if "revision_maskslice" not in sql or not sql.startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            read += _rows(cursor.fetchone()[0][0]["Plan"])
    return read


def _rows(plan: dict[str, Any]) -> int:
    own = 0
    if plan.get("Relation Name") == "revision_maskslice":
        taken = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own = int(taken * plan["Actual Loops"])
    return own + sum(_rows(one) for one in plan.get("Plans", []))


@pytest.mark.django_db(transaction=True)
def test_of_two_that_save_at_once_one_is_refused_and_nothing_is_overwritten(
    mended: Campaign, team: Team
) -> None:
    """Two tabs of one person, and one whose lease has ended: at the same moment, on one slice."""
    anna = revise(mended, team.anna)
    z = anna.easel["middle_z"]
    start = threading.Barrier(6)
    answers: list[tuple[int, Any]] = []

    def save(side: int) -> None:
        try:
            sent = anna.drawn(z, runs=anna.square(3, 3, side))
            start.wait(timeout=20)
            tab = type(anna.client)()
            tab.cookies = anna.client.cookies
            answer = post(tab, f"{anna.address}/slices", {"slices": [sent]})
            answers.append((answer.status_code, sent["runs"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(side,)) for side in range(2, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409, 409]
    (won,) = [runs for status, runs in answers if status == 200]
    assert anna.now(z)["runs"] == won
    assert sorted(numbers(anna, z))[1:] == [(n, "drawn", n > 1) for n in range(1, 7)]
