"""How the record of a campaign is worded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import template

register = template.Library()
_A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


@register.filter
def words(action: str) -> str:
    """`page_reopened` as "Page reopened"."""
    return action.replace("_", " ").capitalize()


@register.filter
def facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details of an entry as names and texts. The database keeps no order: from comes first."""
    ordered = sorted(details.items(), key=lambda one: (one[0] != "from", one[0] != "to", one[0]))
    return [(name.replace("_", " "), _text(value)) for name, value in ordered]


def _text(value: Any) -> str:
    if value is None:
        return "nobody"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _A_TIME.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    return _of_mapping(value) if isinstance(value, dict) else str(value)


def _of_mapping(value: Mapping[str, Any]) -> str:
    if value.keys() == {"from", "to"}:
        return f"{_text(value['from'])} → {_text(value['to'])}"
    return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
