"""Forms that a script sends do nothing before it is there."""

from __future__ import annotations

import re

from synanno_server.env import REPOSITORY

SENT_BY_SCRIPTS = re.compile(r"<form\b[^>]*?\bdata-(?:api|try)=", re.DOTALL)


def test_forms_are_inert_until_their_script_runs() -> None:
    """A press before that would have the browser load `?name=…`, and what was typed is lost."""
    folder = REPOSITORY / "templates"
    paths = [*folder.glob("campaigns/**/*.html"), *folder.glob("datasets/**/*.html")]
    forms = [form for path in paths for form in SENT_BY_SCRIPTS.findall(path.read_text())]
    assert len(forms) > 15
    assert [form for form in forms if " inert" not in form] == []
