"""What lies near very many places at once: what `near` tells of one, in few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from apps.revision.domain.near import box_around
from apps.revision.selectors.additions import MOST_NEAR
from apps.voxels.geometry import Point, Resolution
from apps.voxels.morton_ranges import morton_ranges

_BATCH = 500
_RANGES = 4  # fewer than for one place: most of the time goes into finding them
# Each place looks by the index on the place of instances, whatever the planner thinks of the size
# of the table. `own` is the table that the places themselves are of: of it only what comes before
# each counts.
_NEAR = """
SELECT given.number, found.* FROM unnest(
    %(numbers)s::bigint[], %(xs)s::float8[], %(ys)s::float8[], %(zs)s::float8[],
    %(starts)s::int[], %(stops)s::int[]
) AS given (number, x, y, z, starts, stops)
CROSS JOIN LATERAL (
    SELECT i.id, i.source_id, i.table_id, i.center_x, i.center_y, i.center_z, sqrt(
        power((i.center_x - given.x) * %(size_x)s, 2)
        + power((i.center_y - given.y) * %(size_y)s, 2)
        + power((i.center_z - given.z) * %(size_z)s, 2)
    ) AS distance
    FROM unnest(
        (%(firsts)s::bigint[])[given.starts:given.stops],
        (%(lasts)s::bigint[])[given.starts:given.stops]
    ) AS ranges (first, last)
    CROSS JOIN LATERAL (
        SELECT id, source_id, table_id, center_x, center_y, center_z FROM datasets_instance
        WHERE table_id = ANY(%(tables)s) AND place BETWEEN ranges.first AND ranges.last
        OFFSET 0
    ) i
    WHERE (%(own)s IS DISTINCT FROM i.table_id OR i.source_id < given.number)
      AND power((i.center_x - given.x) * %(size_x)s, 2)
        + power((i.center_y - given.y) * %(size_y)s, 2)
        + power((i.center_z - given.z) * %(size_z)s, 2) <= power(%(reach)s, 2)
      AND NOT EXISTS (
          SELECT 1 FROM revision_addedsynapse added
          WHERE added.instance_id = i.id AND added.withdrawn_at IS NOT NULL
      )
    ORDER BY distance, i.id LIMIT %(most)s
) found
ORDER BY given.number, found.distance, found.id
"""


class Search(NamedTuple):
    """Where is looked: `tables`, whose voxels have all the same `size`. `own` is the one of them
    that the places themselves are of, if any is, of which only what comes before each counts."""

    tables: Sequence[int]
    size: Resolution
    reach_nm: float
    own: int | None = None
    most: int = MOST_NEAR


class Found(NamedTuple):
    """An instance near a place; `center` in voxels of the table."""

    id: int
    source_id: int
    table: int
    center: Point
    distance_nm: float


def near_many(search: Search, places: Mapping[int, Point]) -> dict[int, list[Found]]:
    """What is near each place, the nearest first, by the numbers of the places: where there is
    `own`, their source ids in it. Places without any are left out."""
    found: dict[int, list[Found]] = {}
    numbers = sorted(places)
    for start in range(0, len(numbers), _BATCH):
        batch = {number: places[number] for number in numbers[start : start + _BATCH]}
        with connection.cursor() as cursor:
            cursor.execute(_NEAR, _values(search, batch))
            for number, pk, source_id, table, x, y, z, distance in cursor:
                one = Found(pk, source_id, table, Point(x, y, z), distance)
                found.setdefault(number, []).append(one)
    return found


def _values(search: Search, places: Mapping[int, Point]) -> dict[str, Any]:
    starts, stops, firsts, lasts = list[int](), list[int](), list[int](), list[int]()
    for place in places.values():
        starts.append(len(firsts) + 1)  # arrays of the database count from 1
        for first, last in morton_ranges(box_around(place, search.size, search.reach_nm), _RANGES):
            firsts.append(first)
            lasts.append(last)
        stops.append(len(firsts))
    return {
        "numbers": list(places),
        "xs": [place.x for place in places.values()],
        "ys": [place.y for place in places.values()],
        "zs": [place.z for place in places.values()],
        **{"starts": starts, "stops": stops, "firsts": firsts, "lasts": lasts},
        **{f"size_{axis}": getattr(search.size, axis) for axis in "xyz"},
        "tables": [*search.tables],
        "own": search.own,
        "reach": search.reach_nm,
        "most": search.most,
    }
