"""What pages tell of times: `{% moment at %}` a time, `{% day at %}` its day alone. A field that
gives a time back has `{{ at|exact }}`.

Without a script they are in UTC; `apps/core/frontend/told_times.ts` has the reader's zone."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import times

register = template.Library()


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """ "22 Nov 2026, 08:14 UTC" as a `<time>`; nothing where there is none."""
    return _element(at, "moment", times.told_time(at)) if at else ""


@register.simple_tag
def day(at: datetime | None) -> SafeString | str:
    """ "22 Nov 2026" as a `<time>`; nothing where there is none."""
    return _element(at, "day", times.told_day(at)) if at else ""


@register.filter
def exact(at: datetime) -> str:
    """ "2026-11-22T08:14:05.250000Z": the whole of it."""
    return times.exact_time(at)


def _element(at: datetime, form: str, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" data-told="{}">{}</time>', times.machine_time(at), form, words
    )
