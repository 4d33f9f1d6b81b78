"""What the panels answer, described for the OpenAPI. The services of this room make the bodies,
`frontend/contract.ts` reads them; a test compares real answers with this.

Times are seconds since 1970 (UTC), or texts in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.evaluation.domain.panels import Panel

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer"}
_NUMBER: Schema = {"type": "number"}
_STEP: Schema = {"type": "string", "enum": ["hour", "day", "week"]}


def _or_none(schema: Schema) -> Schema:
    return schema | {"nullable": True}


def _list(items: Schema, length: int | None = None) -> Schema:
    limits = {} if length is None else {"minItems": length, "maxItems": length}
    return {"type": "array", "items": items} | limits


def _object(fields: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": [*fields]}


def _all(names: Iterable[str], schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(names, schema)


_LABELS = ("correct", "incorrect", "unsure")
_SHARE = _all(("n", "right"), _COUNT) | _all(("share", "low", "high"), _or_none(_NUMBER))
_COMPARED = _object({"matrix": _list(_list(_COUNT)), **_SHARE})
_PACE = {"decisions": _COUNT, "active_hours": _NUMBER, "per_hour": _or_none(_NUMBER)}
_OWN_GOLD = _object({name: _or_none(one) for name, one in _COMPARED["properties"].items()}) | {
    "description": "Told where the campaign gives feedback."
}
_WHO = {"user": _COUNT, "name": _TEXT}
_CORNER = _list(_NUMBER, 2)

_ANNOTATOR: Schema = {
    **_WHO,
    **_PACE,
    **_all(("username", "role"), _TEXT),
    "paused": _FLAG,
    **_all(("pages", "skipped", "votes"), _COUNT),
    "said": _object(_all(_LABELS, _COUNT)),
    **_all(("settled", "gold"), _COMPARED),
    "rates": {
        "type": "object",
        "nullable": True,
        "additionalProperties": {"type": "object", "additionalProperties": _NUMBER},
        "description": "rates[class][answer], as last measured.",
    },
    "drift": _or_none(
        _object({"before": _object(_SHARE), "latest": _object(_SHARE), "changed": _COUNT})
    ),
    "series": _list(_list(_or_none(_NUMBER), 2)),
}
_LEASE: Schema = {
    **_WHO,
    **_all(("username", "kind"), _TEXT),
    "page": _COUNT,
    "page_id": _COUNT,
    "since": _TIME,
    **_all(("until", "last_at"), _or_none(_TIME)),
    "is_held": _FLAG,
}

_FIELDS: Mapping[Panel, Mapping[str, Schema]] = {
    Panel.PROGRESS: {
        "instances": _COUNT,
        "states": _object(_all(("unjudged", "waiting", "settled", "disputed"), _COUNT)),
        "labels": {
            **_object(_all(("correct", "incorrect"), _COUNT)),
            "description": "Of settled instances; an expert could not tell the others.",
        },
        **_all(("pages_done", "pages_total", "votes", "votes_needed"), _COUNT),
        "series": _object(
            {"step": _STEP, **_all(("ends", "votes", "settled", "pages"), _list(_COUNT))}
        ),
        "forecast": _object(
            {
                "state": {
                    "type": "string",
                    "enum": ["empty", "ok", "done", "too_early", "stalled", "far"],
                },
                **_all(("step", "sentence"), _TEXT),
                "history": _COUNT,
                **_all(("votes_per_day", "median", "low", "high"), _or_none(_NUMBER)),
            }
        ),
    },
    Panel.PACE: {
        "sentence": _TEXT,
        "people": _list(_object(_WHO | _PACE)),
        "all": _object(_PACE),
        "series": _object(
            {
                "step": _STEP,
                "starts": _list(_COUNT),
                "per_hour": _list(_or_none(_NUMBER)),
                "active_hours": _list(_NUMBER),
            }
        ),
    },
    Panel.AGREEMENT: {
        "sentence": _TEXT,
        **_all(("instances", "votes", "fleiss_instances", "fleiss_votes", "pairs_in_all"), _COUNT),
        **_all(("observed", "krippendorff_alpha", "fleiss_kappa"), _or_none(_NUMBER)),
        "pairs": _list(
            _object(
                {
                    **_all(("first", "second", "instances", "agreed"), _COUNT),
                    **_all(("first_name", "second_name"), _TEXT),
                    **_all(("cohen_kappa", "low", "high"), _or_none(_NUMBER)),
                }
            )
        ),
    },
    Panel.ANNOTATORS: {
        "sentence": _TEXT,
        "people": _list(_object(_ANNOTATOR)),
        "compared_with": _TEXT,
        "labels": _list(_TEXT),
        "step": _STEP,
        "starts": _list(_COUNT),
    },
    Panel.CATEGORIES: {
        "sentence": _TEXT,
        "kinds": _list(
            _object(_all(("key", "title"), _TEXT) | _all(("votes", "instances"), _COUNT))
        ),
    },
    Panel.PLACES: {
        "sentence": _TEXT,
        **_all(("judged", "errors"), _COUNT),
        "maps": _list(
            _object(
                {
                    "plane": {"type": "string", "enum": ["xy", "xz", "yz"]},
                    **_all(("low_nm", "high_nm"), _CORNER),
                    **_all(("judged", "errors"), _list(_list(_COUNT))),
                }
            )
        ),
        "clusters": _list(_object(_all(("low_nm", "high_nm"), _list(_NUMBER, 3)) | _SHARE)),
    },
    Panel.OVERTURNS: {
        "sentence": _TEXT,
        "kinds": _list(
            _object(
                {
                    **_all(("key", "title"), _TEXT),
                    **_all(("overturned", "upheld", "even"), _COUNT),
                    "rate": _object(_SHARE),
                }
            )
        ),
    },
    Panel.LEASES: {"sentence": _TEXT, "leases": _list(_object(_LEASE))},
}


def _panel(panel: Panel) -> Schema:
    made_at = _or_none(_TIME) if panel is Panel.LEASES else _TIME
    return _object({"made_at": made_at} | dict(_FIELDS[panel])) | {"title": panel.value}


def _own(panel: Panel, row: Mapping[str, Schema]) -> Schema:
    """The same for somebody who sees their own row alone."""
    shown = {"made_at": _TIME, "sentence": _TEXT, "people": _list(_object(row))}
    return _object(shown) | {"title": f"{panel.value}, one's own row"}


PANEL: Schema = {
    "description": "By the panel of the address.",
    "anyOf": [
        *(_panel(panel) for panel in Panel),
        _own(Panel.PACE, _WHO | _PACE),
        _own(Panel.ANNOTATORS, _ANNOTATOR | {"gold": _OWN_GOLD}),
    ],
}
NOT_MADE: Schema = _object({"made_at": _or_none(_TIME), "sentence": _TEXT}) | {
    "description": "The figures have never been made and are on their way: ask again."
}
