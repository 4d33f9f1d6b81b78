"""A manager exports the results, watches, and fetches the files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.test_looks import look_at

pytestmark = pytest.mark.timeout(300)


def test_a_manager_exports_and_fetches_files(door: Door, campaign: str, tmp_path: Path) -> None:
    manager = door.enter("manager")
    manager.open("/")
    card = manager.page.locator(".campaign").filter(has_text=campaign)
    card.get_by_role("link", name="Manage").click()
    page = manager.page
    page.get_by_role("link", name="Exports").click()
    form = page.get_by_role("form", name="What is exported")
    expect(form.get_by_role("checkbox")).to_have_count(6)
    for box in form.get_by_role("checkbox").all():
        box.uncheck()
    form.get_by_role("button", name="Export").click()
    expect(page.get_by_text("Choose at least one format.")).to_be_visible()
    form.get_by_role("checkbox", name="SynAnno's JSON").check()
    form.get_by_role("checkbox", name="CSV table").check()
    form.get_by_label("People are told").select_option("pseudonyms")
    form.get_by_role("button", name="Export").press("Enter")
    export = page.locator(".export")
    expect(export).to_have_attribute("data-state", "ready")
    expect(export).to_contain_text("with pseudonyms")
    with page.expect_download() as begun:
        export.get_by_role("link", name="synanno.json").click()
    path = tmp_path / "synanno.json"
    begun.value.save_as(path)
    assert begun.value.suggested_filename.endswith("-synanno.json")
    assert json.loads(path.read_text())["Metadata"]
    expect(export).to_contain_text(hashlib.sha256(path.read_bytes()).hexdigest())
    look_at(page)
    page.once("dialog", lambda dialog: dialog.accept())
    export.get_by_role("button", name="Delete").click()
    expect(export).to_have_count(0)
    expect(page.get_by_text("Nothing has been exported yet.")).to_be_visible()
    assert manager.complaints == []
