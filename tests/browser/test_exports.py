"""A manager exports the results, watches, and fetches the files."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Door
from tests.browser.test_looks import look_at
from tests.browser.test_neuroglancer import READY

pytestmark = pytest.mark.timeout(300)


def see_first_verdict(page: Page, address: str) -> None:
    """The line of the first instance lies in the middle of the picture; who selects it reads what
    the layer says of it."""
    page.goto(address)
    page.wait_for_function(READY, timeout=60_000)
    panel = page.locator(".neuroglancer-rendered-data-panel").first.bounding_box()
    assert panel is not None
    middle = panel["x"] + panel["width"] / 2, panel["y"] + panel["height"] / 2
    page.mouse.move(*middle)
    said = page.locator(".neuroglancer-layer-item").filter(has_text="verdicts")
    expect(said).to_contain_text(re.compile(r"verdicts\s*-?\d"))  # what is under the pointer
    page.keyboard.down("Control")
    page.mouse.click(*middle, button="right")
    page.keyboard.up("Control")
    selected = page.locator(".neuroglancer-selection-details")
    for words in ("none (0)", "unjudged (0)", "p_correct", "votes"):
        expect(selected).to_contain_text(words)
    page.close()


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
    form.get_by_role("checkbox", name="Annotations").check()
    form.get_by_label("People are told").select_option("pseudonyms")
    form.get_by_role("button", name="Export").press("Enter")
    export = page.locator(".export")
    expect(export).to_have_attribute("data-state", "ready")
    expect(export).to_contain_text("with pseudonyms")
    name = re.match(
        r"Export (\d+): SynAnno's JSON, CSV", export.get_by_role("heading").inner_text()
    )
    assert name is not None
    with page.expect_download() as begun:
        export.get_by_role("link", name="synanno.json").click()
    path = tmp_path / "synanno.json"
    begun.value.save_as(path)
    assert begun.value.suggested_filename.endswith(f"-export-{name[1]}-synanno.json")
    assert json.loads(path.read_text())["Metadata"]
    expect(export).to_contain_text(hashlib.sha256(path.read_bytes()).hexdigest())
    look_at(page)
    shown = export.get_by_role("link", name="Neuroglancer").get_attribute("href")
    see_first_verdict(manager.context.new_page(), urljoin(manager.address, shown))
    page.once("dialog", lambda dialog: dialog.accept())
    export.get_by_role("button", name="Delete").click()
    expect(page.get_by_text(f"Export {name[1]} was deleted")).to_be_visible()
    expect(export).to_have_count(0)
    expect(page.get_by_text("Nothing has been exported yet.")).to_be_visible()
    assert manager.complaints == []
