"""The columns of a table of results, named once: CSV and Parquet are written by this list.

A row is an instance of a campaign as it is when all is said. Voxels are those of the campaign's
table, nm are where a point was set, or the middle of its voxel; x, y, z.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.datasets.domain.viewer_state import Triple
from apps.voxels.geometry import AXES, Point

Value = str | int | float | bool | datetime | tuple[str, ...] | None


class Kind(StrEnum):
    """What a column holds. Times are UTC; ids of segments need all 64 bits."""

    TEXT = "text"
    TEXTS = "texts"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT64 = "float64"
    BOOL = "bool"
    TIME = "time"


@dataclass(frozen=True)
class ResultPoint:
    """A point as it holds; `by` is how its person is called, where people are named.

    `segment` is the neuron that it lies in, 0 for none; None is not known.
    """

    voxel: Point
    nm: Triple
    segment: int | None
    origin: str
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class ResultRow:
    """An instance and what became of it. `annotators` are empty where people are not named."""

    instance_id: int
    source_id: int
    table: str
    table_version: int
    campaign_id: int
    campaign_version: int
    index: int | None
    page: int | None
    is_added: bool
    centre: Point
    centre_nm: Triple
    pre: ResultPoint | None
    post: ResultPoint | None
    pre_root_id: int | None
    post_root_id: int | None
    score: float | None
    size: int | None
    state: str
    verdict: str | None
    categories: tuple[str, ...]
    judged: str | None
    p_correct: float | None
    votes: int
    by_expert: bool
    annotators: tuple[str, ...]
    note: str
    judged_at: datetime | None
    decision: str | None
    decision_note: str
    decided_by: str | None
    decided_at: datetime | None
    drawn_slices: int


@dataclass(frozen=True)
class Column:
    """A column: its name in the file, what it holds, in which unit, and how a row tells it."""

    name: str
    kind: Kind
    unit: str
    description: str
    read: Callable[[ResultRow], Value]


def _place(
    name: str,
    what: str,
    voxel: Callable[[ResultRow], Point | None],
    nm: Callable[[ResultRow], Triple | None],
) -> list[Column]:
    """A point in voxels and in nm, a column for each axis."""

    def of_voxel(axis: int) -> Callable[[ResultRow], Value]:
        return lambda row: None if (at := voxel(row)) is None else at[axis]

    def of_nm(axis: int) -> Callable[[ResultRow], Value]:
        return lambda row: None if (at := nm(row)) is None else at[axis]

    return [
        *(
            Column(f"{name}_{axis}", Kind.INT64, "voxel of the table", what, of_voxel(n))
            for n, axis in enumerate(AXES)
        ),
        *(
            Column(f"{name}_{axis}_nm", Kind.FLOAT64, "nm", what, of_nm(n))
            for n, axis in enumerate(AXES)
        ),
    ]


def _side(side: str, long: str, of: Callable[[ResultRow], ResultPoint | None]) -> list[Column]:
    """A point and what is known of it."""

    def at(read: Callable[[ResultPoint], Value]) -> Callable[[ResultRow], Value]:
        return lambda row: None if (point := of(row)) is None else read(point)

    return [
        *_place(
            side,
            f"The {long} point as it holds.",
            lambda row: None if (point := of(row)) is None else point.voxel,
            lambda row: None if (point := of(row)) is None else point.nm,
        ),
        Column(
            f"{side}_segment",
            Kind.UINT64,
            "",
            f"The neuron that the {long} point lies in; 0 is none, empty is not known.",
            at(lambda point: point.segment),
        ),
        Column(
            f"{side}_origin",
            Kind.TEXT,
            "",
            f"Where the {long} point comes from: table, set, swapped or reset.",
            at(lambda point: point.origin),
        ),
        Column(
            f"{side}_by", Kind.TEXT, "", f"Who set the {long} point.", at(lambda point: point.by)
        ),
        Column(
            f"{side}_at",
            Kind.TIME,
            "UTC",
            f"When the {long} point was set.",
            at(lambda point: point.at),
        ),
    ]


COLUMNS: tuple[Column, ...] = (
    Column(
        "instance_id",
        Kind.INT64,
        "",
        "The instance on this server: the same in masks, segmentation and annotations.",
        lambda row: row.instance_id,
    ),
    Column(
        "source_id", Kind.INT64, "", "The row's id in its synapse table.", lambda row: row.source_id
    ),
    Column("table", Kind.TEXT, "", "The name of the synapse table.", lambda row: row.table),
    Column("table_version", Kind.INT64, "", "Its version.", lambda row: row.table_version),
    Column("campaign_id", Kind.INT64, "", "The campaign.", lambda row: row.campaign_id),
    Column(
        "campaign_version",
        Kind.INT64,
        "",
        "The version of its settings when this was written.",
        lambda row: row.campaign_version,
    ),
    Column(
        "index",
        Kind.INT64,
        "",
        "Its place in the campaign, from 0, as Image_Index of SynAnno's file; empty of one that "
        "was added.",
        lambda row: row.index,
    ),
    Column("page", Kind.INT64, "", "Its page, from 1; empty of one added.", lambda row: row.page),
    Column(
        "is_added",
        Kind.BOOL,
        "",
        "Whether people added it because the table missed it.",
        lambda row: row.is_added,
    ),
    *_place("centre", "The centre, of the table.", lambda row: row.centre, lambda r: r.centre_nm),
    *_side("pre", "presynaptic", lambda row: row.pre),
    *_side("post", "postsynaptic", lambda row: row.post),
    Column(
        "pre_root_id",
        Kind.UINT64,
        "",
        "The presynaptic neuron, as the table says.",
        lambda row: row.pre_root_id,
    ),
    Column(
        "post_root_id",
        Kind.UINT64,
        "",
        "The postsynaptic neuron, as the table says.",
        lambda row: row.post_root_id,
    ),
    Column(
        "score",
        Kind.FLOAT64,
        "",
        "How sure the detector was, as the table says.",
        lambda row: row.score,
    ),
    Column("size", Kind.INT64, "", "As the table says.", lambda row: row.size),
    Column(
        "state",
        Kind.TEXT,
        "",
        "Where it stands: unjudged, waiting, disputed, settled, discarded, added, mended, fine, "
        "no_synapse or unmendable.",
        lambda row: row.state,
    ),
    Column(
        "verdict",
        Kind.TEXT,
        "",
        "What it is when all is said: correct, incorrect or unsure; empty where nobody judged it.",
        lambda row: row.verdict,
    ),
    Column(
        "categories",
        Kind.TEXTS,
        "",
        "What is wrong with it when all is said.",
        lambda row: row.categories,
    ),
    Column(
        "judged",
        Kind.TEXT,
        "",
        "What its verdicts come to, before anybody mended it.",
        lambda row: row.judged,
    ),
    Column(
        "p_correct",
        Kind.FLOAT64,
        "probability",
        "How probable it is that it is correct, given its votes; empty where that is not known.",
        lambda row: row.p_correct,
    ),
    Column("votes", Kind.INT64, "", "How many votes were counted.", lambda row: row.votes),
    Column("by_expert", Kind.BOOL, "", "Whether an expert settled it.", lambda row: row.by_expert),
    Column(
        "annotators",
        Kind.TEXTS,
        "",
        "Whose verdicts agree with `judged`; who added it.",
        lambda row: row.annotators,
    ),
    Column("note", Kind.TEXT, "", "What they wrote.", lambda row: row.note),
    Column(
        "judged_at",
        Kind.TIME,
        "UTC",
        "When it was settled, or added.",
        lambda row: row.judged_at,
    ),
    Column(
        "decision",
        Kind.TEXT,
        "",
        "What who mended it said: mended, fine, no_synapse or unmendable; empty where nobody has.",
        lambda row: row.decision,
    ),
    Column("decision_note", Kind.TEXT, "", "What they wrote of it.", lambda row: row.decision_note),
    Column("decided_by", Kind.TEXT, "", "Who mended it.", lambda row: row.decided_by),
    Column("decided_at", Kind.TIME, "UTC", "When they had finished.", lambda row: row.decided_at),
    Column(
        "drawn_slices",
        Kind.INT64,
        "",
        "In how many slices of the cleft volume somebody drew its mask.",
        lambda row: row.drawn_slices,
    ),
)
