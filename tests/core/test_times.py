"""Times have one form wherever the server tells them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from django.template import Context, Template
from django.utils.formats import date_format

from apps.core.times import told_day, told_time

ROOT = Path(__file__).resolve().parents[2]
# Where the one form is written, and lines of a terminal.
WRITERS = {"apps/core/times.py", "apps/core/frontend/times.ts", "synanno_server/local/keeper.py"}
OTHER_WAYS = re.compile(
    r"\|date\b|\|time\b|\{% now|natural(time|day)|time(since|until)\b"
    r"|strftime|:%[a-zA-Z]|\.isoformat\((?!\))"
    r"|toLocale(Date|Time)|to(Date|Time|UTC)String|DateTimeFormat|dateStyle"
    r"|\.get(UTC)?(FullYear|Month|Date|Day|Hours|Minutes|Seconds)\("
)
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


def test_a_field_is_given_the_whole_of_a_time_which_it_gives_back() -> None:
    template = Template("{% load times %}{{ at|exact }}")
    assert template.render(Context({"at": AT})) == "2026-09-04T15:07:09.500000Z"


def test_the_admin_tells_times_as_all_pages_do() -> None:
    utc = AT.astimezone(UTC)
    assert date_format(utc, "DATETIME_FORMAT") == told_time(AT)
    assert date_format(utc, "DATE_FORMAT") == told_day(AT)


def test_nothing_else_makes_a_form_of_its_own() -> None:
    endings = {".py", ".ts", ".tsx", ".html"}
    rooms = ("apps", "workers", "synanno_server", "templates")
    files = [file for room in rooms for file in (ROOT / room).rglob("*") if file.suffix in endings]
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in files
        if str(file.relative_to(ROOT)) not in WRITERS and ".test." not in file.name
        for line in file.read_text().splitlines()
        if OTHER_WAYS.search(line)
    ]
    assert found == [], "docs/extending.md says how times are told"
