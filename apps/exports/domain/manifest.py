"""What is told beside the files of an export: of what they are, and their checksums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.exports.domain.formats import Format

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1  # of another number what is there would mean something else; keys may be added
_MASKS_ALONE = {Format.MASKS, Format.SEGMENTATION}
NOT_JUDGED = "none"  # the verdict of what nobody has judged
Counts = dict[str, dict[str, int]]


def counts_of(outcomes: Iterable[tuple[str, str | None]]) -> Counts:
    """How many there are of each state and of each verdict, of pairs of both; and all of them."""
    states: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for state, verdict in outcomes:
        states[state] += 1
        verdicts[verdict or NOT_JUDGED] += 1
    return {"all": {"instances": states.total()}, "state": {**states}, "verdict": {**verdicts}}


def add_counts(
    some: Mapping[str, Mapping[str, int]], more: Mapping[str, Mapping[str, int]]
) -> Counts:
    """Two of `counts_of` together, sorted by their names."""
    return {
        what: dict(sorted((Counter(some.get(what, {})) + Counter(more.get(what, {}))).items()))
        for what in ("all", "state", "verdict")
    }


def name_when_saved(campaign_id: int, number: int, name: str) -> str:
    """The name under which browsers save a file of the export of this number: those of several
    exports lie in one folder then."""
    return f"campaign-{campaign_id}-export-{number}-{name}"


def synapses_in(form: str, notes: Mapping[str, Any]) -> int | None:
    """How many synapses a file holds, from its notes, where its format keeps those alone that
    somebody drew on or, in files of masks, set a point of; None of another, and where an older
    export does not say it."""
    is_told = "instances" in notes or not notes.get("entries")
    if form in _MASKS_ALONE and is_told:
        return int(notes.get("instances", 0))
    return None


@dataclass(frozen=True)
class WrittenFile:
    """A file that people fetch; `saved_as` is how it is called where they have it. `notes` are what
    its format has to say of it."""

    name: str
    saved_as: str
    format: str
    size: int
    sha256: str
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Of what the files are: the campaign and its table, as they were when they were written."""

    campaign_id: int
    campaign: str
    campaign_version: int
    dataset: str
    table: str
    table_version: int


def manifest_of(
    source: Source,
    counts: Mapping[str, Mapping[str, int]],
    files: Sequence[WrittenFile],
    *,
    number: int,
    options: Mapping[str, str],
    software: str,
    asked_at: datetime,
    begun_at: datetime,
    finished_at: datetime,
) -> dict[str, Any]:
    """The manifest of the export of this number, as JSON has it. Times are told in UTC."""
    return {
        "manifest": MANIFEST_VERSION,
        "export": number,
        "campaign": {
            "id": source.campaign_id,
            "name": source.campaign,
            "version": source.campaign_version,
        },
        "dataset": source.dataset,
        "table": {"name": source.table, "version": source.table_version},
        "software": {"name": "synanno-server", "version": software},
        "options": dict(options),
        "times": {
            "asked": _utc(asked_at),
            "begun": _utc(begun_at),
            "finished": _utc(finished_at),
        },
        "rows": counts.get("all", {}).get("instances", 0),
        "states": dict(counts.get("state", {})),
        "verdicts": dict(counts.get("verdict", {})),
        "files": [
            {
                "name": one.name,
                "saved_as": one.saved_as,
                "format": one.format,
                "bytes": one.size,
                "sha256": one.sha256,
                **({"notes": dict(one.notes)} if one.notes else {}),
            }
            for one in files
        ],
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
