"""Read SynAnno's JSON strictly: every key, its type, and that records fit together.

Older forms are put into the words of its present one, "B", and checked as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NoReturn

from apps.core.errors import InvalidInputError
from apps.exports.domain.descriptions import names_polarity
from apps.exports.domain.json_text import Repeating, UnreadableTextError, read_json, told_value
from apps.exports.domain.older import FORM_2022, FORM_B, form_of, in_present_words, records_key
from apps.exports.domain.records import CUTOUT_KEYS, VOLUME_MODE, GridTimes, WalkPlace
from apps.proofreading.domain import Label
from apps.voxels.geometry import Point

MISSED = ("False Negative", "False Negatives")
_LONGEST_TEXT = 10_000  # characters; a note that is written here has 2,000
_LONGEST_ID = 200  # of a neuron
_INTEGER_LIMIT = 2**31
_ID_LIMIT = 2**63
_LABELS = frozenset(label.value for label in Label)
_FIRST_YEAR, _LAST_YEAR = 1970, 2200

_WHOLE = (
    *("Page", "Image_Index", "section_index", "tree_traversal_index", "Middle_Slice"),
    *("X_Index", "Y_Index", "Z_Index", "cz0", "cy0", "cx0"),
    *("crop_size_x", "crop_size_y", "crop_size_z"),
)
_IDS = ("materialization_index",)
_TEXTS = ("Label", "Annotated", "Error_Description")
_LEAST = {"Page": 1, "Image_Index": 0, "crop_size_x": 1, "crop_size_y": 1, "crop_size_z": 1}
_POINTS = ("pre_pt_", "post_pt_")
_CENTER = "center"
_BOXES = ("Original_Bbox", "Adjusted_Bbox")
_POINT_KEYS = tuple(f"{point}{axis}" for point in _POINTS for axis in "xyz")
RECORD_KEYS = frozenset((*_WHOLE, *_IDS, *_TEXTS, *_POINT_KEYS, *_BOXES, "neuron_id", "Padding"))
_TIMES = tuple(
    f"{moment}_{step}"
    for step in ("grid", "categorize")
    for moment in ("start", "finish", "difference")
)


class SynAnnoFileError(InvalidInputError):
    """A file that is not SynAnno's; the message names the file, the record and the key."""

    code = "file_invalid"


@dataclass(frozen=True)
class FileRecord:
    """What one record says; points and crop in voxels of the cleft volume, x, y, z.

    `number` counts the records from 1. `source_id` is None where the file has none (−1). `slices`
    are the first and the last of its box within the volume. `cutout` has the `CUTOUT_KEYS`; None
    where the file's form has no cutouts.
    """

    number: int
    page: int
    index: int
    source_id: int | None
    label: Label
    error_description: str
    annotated: bool
    walk: WalkPlace
    slices: tuple[int, int]
    center: Point
    pre_pt: Point | None
    post_pt: Point | None
    crop: Point
    cutout: Mapping[str, Any] | None

    @property
    def is_missed_synapse(self) -> bool:
        """What is in a table may have such words as a note; it keeps its verdict."""
        return self.error_description in MISSED and self.source_id is None

    @property
    def in_volume_mode(self) -> bool:
        return self.walk.section == VOLUME_MODE

    @property
    def names_polarity(self) -> bool:
        return names_polarity(self.error_description, self.label)

    @property
    def where(self) -> str:
        return f"record {self.number} (Image_Index {self.index})"

    def keys_of(self, point: str, axes: str = "xyz") -> str:
        """What the record calls its `center`, `pre_pt` or `post_pt`, or an axis of one."""
        if point == _CENTER and self.cutout is None:
            return "the middle of its box"
        names = (f"c{axis}0" if point == _CENTER else f"{point}_{axis}" for axis in axes)
        return ", ".join(names)


@dataclass(frozen=True)
class SynAnnoFile:
    """A whole file that was read; the records in its order, and which form it had. SynAnno's times
    do not say of which zone they are (`names_zone`); they are then taken for UTC."""

    name: str
    times: GridTimes
    records: tuple[FileRecord, ...]
    form: str = FORM_B
    names_zone: bool = False


def read_document(text: str, name: str) -> SynAnnoFile:
    """The file `name` with the content `text`.

    Raises SynAnnoFileError at the first thing that is not as SynAnno writes it.
    """
    document = _parsed(text, name)
    form = form_of(document)
    _check_repeating(name, document, form)
    document = in_present_words(
        document, form, lambda number, what: _refuse(f"{name}, record {number}", what)
    )
    if not isinstance(document, dict):
        _refuse(name, "it does not hold a JSON object")
    for key in ("Proofread Time", "Metadata"):
        if key not in document:
            _refuse(name, f"it lacks the key {key!r}")
    found = document["Metadata"]
    if not isinstance(found, list) or not found:
        _refuse(name, f"{records_key(form)}: it must be a list of at least one record")
    has_cutouts = form != FORM_2022
    records = tuple(_record(name, *numbered, has_cutouts) for numbered in enumerate(found, 1))
    _check_together(name, records)
    times, names_zone = _times(name, document["Proofread Time"])
    return SynAnnoFile(name, times, records, form, names_zone)


def _parsed(text: str, name: str) -> Any:
    try:
        return read_json(text)
    except UnreadableTextError as error:
        raise SynAnnoFileError(f"file: {name} {error}.", field="file") from error


def _check_repeating(name: str, document: Any, form: str) -> None:
    """Refuse keys that are there twice, of which a reader takes the one and another reader the
    other."""
    records = document
    if isinstance(document, dict):
        _check_once(name, document)
        _check_once(f"{name}, Proofread Time", document.get("Proofread Time"))
        records = document.get(records_key(form))
    if isinstance(records, list):
        for number, record in enumerate(records, 1):
            _check_once(f"{name}, record {number}", record)


def _check_once(where: str, found: Any) -> None:
    if isinstance(found, Repeating):
        _refuse(where, f"it has the key {told_value(found.key)} twice")


def _refuse(where: str, what: str) -> NoReturn:
    raise SynAnnoFileError(f"file: {where}: {what}.", field="file")


def _record(name: str, number: int, record: Any, has_cutout: bool) -> FileRecord:
    where = f"{name}, record {number}"
    if not isinstance(record, dict):
        _refuse(where, "it is not a JSON object")
    _check_keys(where, record)
    _check_values(where, record)
    return FileRecord(
        number=number,
        page=record["Page"],
        index=record["Image_Index"],
        source_id=record["materialization_index"] if record["materialization_index"] >= 0 else None,
        label=Label(record["Label"]),
        error_description=record["Error_Description"],
        annotated=record["Annotated"] != "No",
        walk=WalkPlace(
            record["neuron_id"], record["section_index"], record["tree_traversal_index"]
        ),
        slices=_slices(record),
        center=Point(record["cx0"], record["cy0"], record["cz0"]),
        pre_pt=_point(where, record, "pre_pt_"),
        post_pt=_point(where, record, "post_pt_"),
        crop=Point(record["crop_size_x"], record["crop_size_y"], record["crop_size_z"]),
        cutout={key: record[key] for key in CUTOUT_KEYS} if has_cutout else None,
    )


def _slices(record: Mapping[str, Any]) -> tuple[int, int]:
    """Boxes have their axes in the order that the record names."""
    axis = record["Z_Index"] if record["Z_Index"] in range(3) else 2
    lo, hi = record["Adjusted_Bbox"][2 * axis : 2 * axis + 2]
    return lo, hi - 1


def _check_keys(where: str, record: Mapping[str, Any]) -> None:
    missing = sorted(RECORD_KEYS - record.keys())
    if missing:
        _refuse(where, f"it lacks the key {missing[0]!r}")
    strange = sorted(record.keys() - RECORD_KEYS)
    if strange:
        _refuse(
            where, f"it has the key {told_value(strange[0])}, which SynAnno's files do not have"
        )


def _check_values(where: str, record: Mapping[str, Any]) -> None:
    for key in _WHOLE:
        _check_whole(where, key, record[key], _INTEGER_LIMIT)
    for key in _IDS:
        _check_whole(where, key, record[key], _ID_LIMIT)
    for key in _TEXTS:
        _check_text(where, key, record[key], _LONGEST_TEXT)
    for key in _BOXES:
        _check_numbers(where, key, [record[key]], 6, "a list of six whole numbers")
    padding = record["Padding"]
    pairs = padding if isinstance(padding, list) and len(padding) == 3 else [None]
    _check_numbers(where, "Padding", pairs, 2, "three pairs of whole numbers")
    _check_neuron(where, record["neuron_id"])
    if record["Label"] not in _LABELS:
        _refuse(where, f"Label: {told_value(record['Label'])} is none of {', '.join(Label)}")
    for key, least in _LEAST.items():
        if record[key] < least:
            _refuse(where, f"{key}: {record[key]} is less than {least}")


def _check_numbers(where: str, key: str, lists: Sequence[Any], count: int, what: str) -> None:
    """Each of `lists` is to have `count` whole numbers; `what` says that of all of them."""
    if not all(_are_whole(numbers, count) for numbers in lists):
        _refuse(where, f"{key}: it must be {what}")
    for number in chain.from_iterable(lists):
        _check_whole(where, key, number, _INTEGER_LIMIT)


def _check_neuron(where: str, value: Any) -> None:
    if isinstance(value, str):
        _check_text(where, "neuron_id", value, _LONGEST_ID)
    elif not _is_whole(value):
        _refuse(where, f"neuron_id: {told_value(value)} is neither text nor a whole number")
    elif not -_ID_LIMIT <= value < 2 * _ID_LIMIT:
        _refuse(where, "neuron_id: it is out of range")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_whole(values: Any, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(map(_is_whole, values))


def _check_whole(where: str, key: str, value: Any, limit: int) -> None:
    if not _is_whole(value):
        _refuse(where, f"{key}: {told_value(value)} is not a whole number")
    if not -limit <= value < limit:
        _refuse(where, f"{key}: {told_value(value)} is out of range")


def _check_text(where: str, key: str, value: Any, longest: int) -> None:
    if not isinstance(value, str):
        _refuse(where, f"{key}: {told_value(value)} is not text")
    if len(value) > longest:
        _refuse(where, f"{key}: it has {len(value):,} characters; at most {longest:,} are kept")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        _refuse(where, f"{key}: it holds characters that are not text")


def _point(where: str, record: Mapping[str, Any], prefix: str) -> Point | None:
    values = [record[f"{prefix}{axis}"] for axis in "xyz"]
    if values == [None, None, None]:
        return None
    for axis, value in zip("xyz", values, strict=True):
        _check_whole(where, f"{prefix}{axis}", value, _INTEGER_LIMIT)
    return Point(*values)


def _check_together(name: str, records: Sequence[FileRecord]) -> None:
    seen: dict[int, FileRecord] = {}
    for record in records:
        other = seen.setdefault(record.index, record)
        if other is not record:
            _refuse(
                f"{name}, record {record.number}",
                f"Image_Index: {record.index} is that of record {other.number}, too",
            )


def _times(name: str, times: Any) -> tuple[GridTimes, bool]:
    """When it was worked on, and whether the file says in which zone."""
    if not isinstance(times, dict) or set(times) != set(_TIMES):
        _refuse(name, f"Proofread Time: it must have the keys {', '.join(_TIMES)}")
    for key in _TIMES:
        if times[key] is not None:
            _check_text(f"{name}, Proofread Time", key, times[key], _LONGEST_TEXT)
    told = [_moment(name, key, times[key]) for key in ("start_grid", "finish_grid")]
    started, finished = (at and (at if at.tzinfo else at.replace(tzinfo=UTC)) for at in told)
    categorized = tuple(times[key] for key in _TIMES if key.endswith("_categorize"))
    names_zone = all(at.tzinfo is not None for at in told if at is not None)
    return GridTimes(started, finished, categorized), names_zone


def _moment(name: str, key: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SynAnnoFileError(
            f"file: {name}, Proofread Time: {key}: {told_value(text)} is no date and time.",
            field="file",
        ) from error
    if not _FIRST_YEAR < moment.year < _LAST_YEAR:
        _refuse(f"{name}, Proofread Time", f"{key}: {told_value(text)} is out of range")
    return moment
