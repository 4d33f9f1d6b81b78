"""What a delivery is: which outcomes become which rows of which kind of table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from apps.cave_sync.domain.annotations import Schema

_USUAL_PORTS = {"http": ":80", "https": ":443"}
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
NAME_RULE = "small letters, digits and _, a letter first, at most 63 of them"


def why_no_table_name(name: str) -> str | None:
    """Why no table of CAVE is called so, as a sentence; None where one may be."""
    if TABLE_NAME.fullmatch(name):
        return None
    return f"{name!r} is no name for a table: use {NAME_RULE}."


def plain_server(address: str) -> str:
    """The address of a server in one way of writing it, so that one server is not taken for two."""
    parts = urlsplit(address.strip().rstrip("/"))
    host = parts.netloc.lower().removesuffix(_USUAL_PORTS.get(parts.scheme, ""))
    return f"{parts.scheme}://{host}{parts.path}"


class Kind(StrEnum):
    """What the rows of a delivery are."""

    SYNAPSES = "synapses"  # with their points
    VERDICTS = "verdicts"  # on rows of the lab's own table
    CATEGORIES = "categories"  # the errors of rows of the lab's own table, a row each


class Taken(StrEnum):
    """Which outcomes become synapses."""

    MENDED = "mended"
    FINE = "fine"
    CORRECT = "correct"
    ADDED = "added"


class MendedAs(StrEnum):
    """What is said of a row of the lab's table whose synapse was mended: only the campaign has it
    mended."""

    CORRECT = "correct"  # it is a synapse
    JUDGED = "judged"  # what the verdicts said of the row as the lab has it


class Source(StrEnum):
    """What of an outcome fills a field."""

    SIZE = "size"
    SCORE = "score"
    P_CORRECT = "p_correct"
    VOTES = "votes"
    CONSTANT = "constant"


@dataclass(frozen=True)
class Filling:
    """How a field is filled: from `source`, and with `otherwise` where that has nothing."""

    source: Source
    otherwise: int | float | str | bool | None = None


# As they are called in the schemas of synapses.
USUAL: Mapping[str, Filling] = {
    "size": Filling(Source.SIZE, 0),
    "score": Filling(Source.SCORE, 0),
    "connection_score": Filling(Source.SCORE, 0),
    "cleft_score": Filling(Source.P_CORRECT, 0),
}
POINTS = ("pre_pt", "post_pt", "ctr_pt")
USUAL_SCHEMA = {
    Kind.SYNAPSES: "synapse",
    Kind.VERDICTS: "reference_synapse_valid",
    Kind.CATEGORIES: "reference_tag",
}
# The field that a verdict or a category stands in, by the name of the schema's field.
SAYING = ("is_valid", "valid", "tag", "value")
USUAL_WORDS: Mapping[str, Mapping[str, Any]] = {
    "is_valid": {"correct": True, "incorrect": False, "unsure": None},
    "valid": {"correct": True, "incorrect": False, "unsure": None},
    "tag": {"correct": "correct", "incorrect": "incorrect", "unsure": "unsure"},
    "value": {"correct": 1, "incorrect": 0, "unsure": None},
}


@dataclass(frozen=True)
class Plan:
    """All that decides what becomes of an outcome.

    resolution: nm of the table's voxels, x, y, z. taken: of synapses. words: what each label, or
    each category, is called; of labels None means that no row says it, and categories that are not
    named are called by their keys.
    """

    kind: Kind
    schema: Schema
    resolution: tuple[float, float, float]
    taken: frozenset[Taken] = frozenset(Taken)
    mended_as: MendedAs = MendedAs.CORRECT
    fillings: Mapping[str, Filling] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said_in(self) -> str | None:
        """The field that holds the verdict or category."""
        return next((name for name in SAYING if self.schema.field(name) is not None), None)

    def filling(self, name: str) -> Filling | None:
        return self.fillings.get(name) or USUAL.get(name)

    def word_for(self, label: str) -> Any:
        """What says this verdict; None where none does."""
        usual = USUAL_WORDS.get(self.said_in or "", {})
        return self.words.get(label, usual.get(label))
