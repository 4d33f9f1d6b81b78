"""SynAnno's JSON file, described for the OpenAPI; `domain/records.py` writes it."""

from __future__ import annotations

from typing import Any

_NUMBER = {"type": "integer"}
_TEXT = {"type": "string"}
_TEXT_OR_NONE = {"type": "string", "nullable": True}
_NUMBER_OR_NONE = {"type": "integer", "nullable": True}
_EDGES = {"type": "array", "items": _NUMBER, "minItems": 6, "maxItems": 6}
_PADDING = {
    "type": "array",
    "items": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
    "minItems": 3,
    "maxItems": 3,
}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


_TIMES = ("start", "finish", "difference")
_TIME = _object({f"{t}_{step}": _TEXT_OR_NONE for step in ("grid", "categorize") for t in _TIMES})
_RECORD = _object(
    {
        **dict.fromkeys(("Page", "Image_Index", "materialization_index"), _NUMBER),
        **dict.fromkeys(("section_index", "tree_traversal_index"), _NUMBER),
        **dict.fromkeys(("Label", "Annotated", "Error_Description"), _TEXT),
        "neuron_id": {"oneOf": [_TEXT, _NUMBER]},
        **dict.fromkeys(("X_Index", "Y_Index", "Z_Index", "Middle_Slice"), _NUMBER),
        "Original_Bbox": _EDGES,
        **dict.fromkeys(("cx0", "cy0", "cz0"), _NUMBER),
        **dict.fromkeys(
            (f"{end}_pt_{a}" for end in ("pre", "post") for a in "xyz"), _NUMBER_OR_NONE
        ),
        **dict.fromkeys((f"crop_size_{a}" for a in "xyz"), _NUMBER),
        "Adjusted_Bbox": _EDGES,
        "Padding": _PADDING,
    }
)
SYNANNO_FILE = _object({"Proofread Time": _TIME, "Metadata": {"type": "array", "items": _RECORD}})
