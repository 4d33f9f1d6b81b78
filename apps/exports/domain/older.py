"""SynAnno's older files, in the words of its present one.

"A" (2023 and 2024) is a list of records with two paths and without what came with neurons. That of
2022 is `{"Data": [record, …]}`: a box around each mask in z, y, x, both ends inside, no points, no
pages and no crop. Labels are capitalised in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.exports.domain.descriptions import FALSE_NEGATIVE
from apps.exports.domain.json_text import told_value
from apps.exports.domain.records import NO_NEURON, NO_NEURON_SELECTED, VOLUME_MODE, GridTimes

FORM_B, FORM_A, FORM_2022 = "B", "A", "2022"
CROP_OF_2022 = (256, 256, 6)  # voxels x, y, z: SynAnno's usual one, as the file names none
_A_PAGE_OF_2022 = 12
_MISSED_OF_A = "False Negatives"
_PATHS = frozenset({"GT", "EM"})
_NEURON_KEYS = {
    "materialization_index": -1,
    "section_index": VOLUME_MODE,
    "tree_traversal_index": VOLUME_MODE,
    "neuron_id": NO_NEURON_SELECTED,
}
_LIMIT = 2**31
_BOXES_OF_2022 = ("Global_Bbox", "Original_Bbox")
Document = Mapping[str, Any]


def form_of(document: Any) -> str:
    """Which form a document has; B where it is none."""
    if isinstance(document, dict) and "Data" in document and "Metadata" not in document:
        return FORM_2022
    first = document[0] if isinstance(document, list) and document else None
    return FORM_A if isinstance(first, dict) and first.keys() >= _PATHS else FORM_B


def records_key(form: str) -> str:
    """What a form calls its records."""
    return "Data" if form == FORM_2022 else "Metadata"


def in_present_words(document: Any, form: str, refuse: Callable[[int, str], Any]) -> Any:
    """The document as a file B, to be checked as one; what is no record is left as it is.

    `refuse` is called with the number of a record and what is wrong with it.
    """
    if form == FORM_2022:
        records = document["Data"]
        if isinstance(records, list):
            records = [
                _of_2022(record, number, refuse) if isinstance(record, dict) else record
                for number, record in enumerate(records, 1)
            ]
    elif isinstance(document, list):
        records = _of_a(document) if form == FORM_A else document
    else:
        return document
    return {"Proofread Time": GridTimes(None, None).as_json(), "Metadata": records}


def _of_a(records: Sequence[Any]) -> list[Any]:
    pages = [record.get("Page") for record in records if isinstance(record, dict)]
    shift = 1 if 0 in pages else 0  # its first versions counted pages from 0
    return [_record_of_a(one, shift) if isinstance(one, dict) else one for one in records]


def _record_of_a(record: Document, shift: int) -> dict[str, Any]:
    kept = {key: value for key, value in record.items() if key not in _PATHS}
    page = kept.get("Page")
    if isinstance(page, int) and not isinstance(page, bool):
        kept["Page"] = page + shift
    if kept.get("Error_Description") == _MISSED_OF_A:
        kept |= {"Error_Description": FALSE_NEGATIVE, "neuron_id": NO_NEURON}
    return _NEURON_KEYS | kept | _label(kept)


def _label(record: Document) -> dict[str, Any]:
    label = record.get("Label")
    return {"Label": label.lower()} if isinstance(label, str) else {}


def _of_2022(record: Document, number: int, refuse: Callable[[int, str], Any]) -> dict[str, Any]:
    name = next((key for key in _BOXES_OF_2022 if key in record), _BOXES_OF_2022[0])
    for key in ("Image_Index", "Label", "Annotated", "Middle_Slice", name):
        if key not in record:
            refuse(number, f"it lacks the key {key!r}")
    box, z = record[name], _whole(record["Middle_Slice"])
    if not (isinstance(box, list) and len(box) == 6 and all(map(_is_voxel, box))):
        refuse(number, f"{name}: it must be a list of six whole numbers, none beyond {_LIMIT:,}")
    if z is None:
        refuse(number, f"Middle_Slice: {told_value(record['Middle_Slice'])} is not a whole number")
    z1, z2, y1, y2, x1, x2 = box
    edges = [x1, x2 + 1, y1, y2 + 1, z1, z2 + 1]
    points = {f"{point}_pt_{axis}": None for point in ("pre", "post") for axis in "xyz"}
    crop = {f"crop_size_{axis}": size for axis, size in zip("xyz", CROP_OF_2022, strict=True)}
    return {
        **_NEURON_KEYS,
        **points,
        **crop,
        "Page": (number - 1) // _A_PAGE_OF_2022 + 1,
        "Image_Index": record["Image_Index"],
        "Label": record["Label"],
        **_label(record),
        "Annotated": record["Annotated"],
        "Error_Description": record.get("Error_Description", "None"),
        **{"X_Index": 0, "Y_Index": 1, "Z_Index": 2, "Middle_Slice": z},
        **{"Original_Bbox": edges, "Adjusted_Bbox": edges, "Padding": [[0, 0]] * 3},
        **{"cx0": (x1 + x2) // 2, "cy0": (y1 + y2) // 2, "cz0": z},
    }


def _is_voxel(value: Any) -> bool:
    return type(value) is int and -_LIMIT <= value < _LIMIT


def _whole(value: Any) -> int | None:
    """A number that may be written as text, as the middle slice is."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 11:
        value = int(value)
    return value if _is_voxel(value) else None
