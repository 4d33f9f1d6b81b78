"""How the record of a campaign is worded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join

from apps.core.templatetags.times import moment

register = template.Library()
# The details that are times. What else looks like one, as a note may, is told as it was written.
_TIMES = frozenset({"deadline", "finished_at"})
# Numbers of the database, which no page has: for programs.
_FOR_PROGRAMS = frozenset({"added"})
# Where people call it otherwise than programs do, as the button that does it.
_WORDS = {
    "delivery_missing_sent": "Missing rows to be sent again",
    "export_asked": "Export asked for",
    "revision_withdrawn": "Revision taken back",
}


@register.filter
def words(action: str) -> str:
    """`page_reopened` as "Page reopened"."""
    return _WORDS.get(action, action.replace("_", " ").capitalize())


@register.filter
def facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details of an entry as names and texts. The database keeps no order: from comes first."""
    told = [one for one in details.items() if one[0] not in _FOR_PROGRAMS]
    ordered = sorted(told, key=lambda one: (one[0] != "from", one[0] != "to", one[0]))
    return [
        (name.replace("_", " "), _text(value, is_time=name in _TIMES)) for name, value in ordered
    ]


def _text(value: Any, *, is_time: bool = False) -> str:
    """For a template: times are markup, and all else is escaped there."""
    if value is None:
        return "none" if is_time else "nobody"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return format_html_join(", ", "{}", ((_text(one),) for one in value)) or "none"
    if isinstance(value, dict):
        return _of_mapping(value, is_time=is_time)
    return _of_time(str(value)) if is_time else str(value)


def _of_mapping(value: Mapping[str, Any], *, is_time: bool) -> str:
    if value.keys() == {"from", "to"}:
        before, after = (_text(value[name], is_time=is_time) for name in ("from", "to"))
        return format_html("{} → {}", before, after)
    return format_html_join(", ", "{} {}", ((name, _text(one)) for name, one in value.items()))


def _of_time(text: str) -> str:
    """What is no time, or has no zone, as it is."""
    try:
        at = datetime.fromisoformat(text)
        return text if at.tzinfo is None else moment(at)
    except (ValueError, OverflowError):
        return text
