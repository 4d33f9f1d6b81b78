"""Panels as tables, for files that spreadsheets open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from apps.core.spreadsheets import guarded
from apps.evaluation.domain.panels import Panel

Body = Mapping[str, Any]
Row = list[Any]
_SHARES = ("n", "right", "share", "low", "high")


def table_of(panel: Panel, body: Body) -> list[Row]:
    """The rows of a panel, the names of its columns first; every cell guarded."""
    return [[guarded(cell) for cell in row] for row in _TABLES[panel](body)]


def _progress(body: Body) -> list[Row]:
    series = body["series"]
    names = ("votes", "settled", "pages")
    rows = zip(series["ends"], *(series[name] for name in names), strict=True)
    return [["until_utc", *names], *([_time(end), *counts] for end, *counts in rows)]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _columns(rows: Sequence[Body], names: Sequence[str]) -> list[Row]:
    return [[*names], *([row[name] for name in names] for row in rows)]


def _pace(body: Body) -> list[Row]:
    return _columns(body["people"], ("user", "name", "decisions", "active_hours", "per_hour"))


def _agreement(body: Body) -> list[Row]:
    names = ("first", "first_name", "second", "second_name", "instances", "agreed")
    return _columns(body["pairs"], (*names, "cohen_kappa", "low", "high"))


_PERSON = (
    *("user", "name", "role", "paused", "pages", "skipped", "votes"),
    *("decisions", "active_hours", "per_hour"),
)


def _annotators(body: Body) -> list[Row]:
    labels = ("correct", "incorrect", "unsure")
    against = [f"{kind}_{name}" for kind in ("settled", "gold") for name in _SHARES]
    cells = [f"settled_{truth}_said_{said}" for truth in labels[:2] for said in labels]
    head = [*_PERSON, *(f"said_{label}" for label in labels), *against, *cells, "drift"]
    return [head, *(_annotator(row, labels) for row in body["people"])]


def _annotator(row: Body, labels: Sequence[str]) -> Row:
    return [
        *(row[name] for name in _PERSON),
        *(row["said"][label] for label in labels),
        *(row[kind][name] for kind in ("settled", "gold") for name in _SHARES),
        *(cell for cells in row["settled"]["matrix"] for cell in cells),
        row["drift"]["changed"] if row["drift"] else None,
    ]


def _categories(body: Body) -> list[Row]:
    return _columns(body["kinds"], ("key", "title", "votes", "instances"))


def _places(body: Body) -> list[Row]:
    rows: list[Row] = [["plane", "column", "row", "judged", "errors"]]
    for one in body["maps"]:
        for column, (judged, errors) in enumerate(zip(one["judged"], one["errors"], strict=True)):
            for row, (n, wrong) in enumerate(zip(judged, errors, strict=True)):
                if n:
                    rows.append([one["plane"], column, row, n, wrong])
    return rows


def _overturns(body: Body) -> list[Row]:
    head = ["key", "title", "overturned", "upheld", "even", "rate", "low", "high"]
    return [
        head,
        *(
            [*(row[name] for name in head[:5]), *(row["rate"][n] for n in ("share", "low", "high"))]
            for row in body["kinds"]
        ),
    ]


def _leases(body: Body) -> list[Row]:
    names = ("user", "name", "page", "kind", "since", "until", "last_at", "is_held")
    return _columns(body["leases"], names)


_TABLES: Mapping[Panel, Callable[[Body], list[Row]]] = {
    Panel.PROGRESS: _progress,
    Panel.PACE: _pace,
    Panel.AGREEMENT: _agreement,
    Panel.ANNOTATORS: _annotators,
    Panel.CATEGORIES: _categories,
    Panel.PLACES: _places,
    Panel.OVERTURNS: _overturns,
    Panel.LEASES: _leases,
}
