"""Times have one form wherever the server tells them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from django.template import Context, Template
from django.utils.formats import date_format

from apps.core.times import told_day, told_time

TOKYO = timezone(timedelta(hours=9))
AT = datetime(2026, 9, 5, 0, 7, 9, 500_000, tzinfo=TOKYO)  # still the 4th in UTC


def test_a_page_tells_a_time_in_utc_and_gives_a_script_what_it_needs_for_others() -> None:
    template = Template(
        "{% load times %}{% moment at %}|{% day at %}|{% moment none %}{% day none %}"
    )
    at = 'datetime="2026-09-04T15:07:09Z"'
    assert template.render(Context({"at": AT, "none": None})) == (
        f'<time {at} data-told="moment">4 Sep 2026, 15:07 UTC</time>|'
        f'<time {at} data-told="day">4 Sep 2026</time>|'
    )


def test_the_admin_tells_times_as_all_pages_do() -> None:
    utc = AT.astimezone(UTC)
    assert date_format(utc, "DATETIME_FORMAT") == told_time(AT)
    assert date_format(utc, "DATE_FORMAT") == told_day(AT)
