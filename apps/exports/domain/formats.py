"""The forms in which results leave the server, and what can be chosen about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

# Beside the file that people fetch: the folder that browsers read, and notes for the manifest.
LAYER, NOTES = "layer", "notes.json"


class Format(StrEnum):
    """A form of the results; each is one file."""

    SYNANNO = "synanno"
    CSV = "csv"
    PARQUET = "parquet"
    MASKS = "masks"
    SEGMENTATION = "segmentation"
    ANNOTATIONS = "annotations"


# Of outcomes that are read and written at a time. Some formats read volumes for each of them.
_A_PART = 2_000
_SMALL_PART = 200
_READ_VOLUMES = {Format.SEGMENTATION}


def part_size(formats: Iterable[Format]) -> int:
    """How many outcomes a part of an export in these formats has."""
    return _SMALL_PART if _READ_VOLUMES.intersection(formats) else _A_PART


class Discarded(StrEnum):
    """What becomes of false positives that were discarded."""

    KEEP = "keep"
    LEAVE_OUT = "leave-out"


class Unjudged(StrEnum):
    """What becomes of what nobody has judged: in SynAnno's file it has SynAnno's starting label,
    correct."""

    KEEP = "keep"
    LEAVE_OUT = "leave-out"


class People(StrEnum):
    """How the people who judged and mended are told."""

    NOBODY = "nobody"
    PSEUDONYMS = "pseudonyms"
    NAMES = "names"


@dataclass(frozen=True)
class ExportOptions:
    """What is chosen about an export; it holds for all of its formats."""

    discarded: Discarded = Discarded.KEEP
    unjudged: Unjudged = Unjudged.KEEP
    people: People = People.NOBODY

    def as_json(self) -> dict[str, str]:
        return {one.name: getattr(self, one.name).value for one in fields(self)}

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        return cls(
            Discarded(values["discarded"]), Unjudged(values["unjudged"]), People(values["people"])
        )
