"""A campaign is made from SynAnno's file in the browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.test_looks import look_at

pytestmark = pytest.mark.timeout(300)


def test_a_file_becomes_a_campaign(door: Door, copy: Stack, campaign: str, tmp_path: Path) -> None:
    copy.manage("export", campaign, "--output", str(tmp_path))
    file = tmp_path / "synanno.json"
    document = json.loads(file.read_text())
    document["Metadata"][1] |= {"Label": "incorrect", "Error_Description": "polaritySwitch"}
    document["Metadata"][0]["cx0"] += 1  # no table has a synapse there
    file.write_text(json.dumps(document))
    broken = tmp_path / "broken.json"
    document["Metadata"][2]["cz0"] = "48"
    broken.write_text(json.dumps(document))

    manager = door.enter("manager")
    manager.open("/campaigns/restore/")
    page = manager.page
    page.get_by_label("File (JSON").set_input_files(broken)
    refused = page.locator(".restore").filter(has_text="broken.json")
    expect(refused).to_contain_text("record 3: cz0: '48' is not a whole number")
    refused.get_by_role("button", name="Remove broken.json").click()
    expect(refused).to_have_count(0)

    page.get_by_label("File (JSON").set_input_files(file)
    one = page.locator(".restore")
    expect(one).to_contain_text("1 polaritySwitch")
    form = one.get_by_role("form")
    form.get_by_label("Name of the campaign").fill(f"{campaign}, restored")
    form.get_by_label("Who judged").fill("nobody-of-that-name")
    form.get_by_label("An imaging artifact").check()
    form.get_by_role("button", name="Make the campaign").click()
    expect(form.get_by_role("alert")).to_contain_text("There is no user 'nobody-of-that-name'")
    form.get_by_label("Who judged").fill("anna")
    form.get_by_role("button", name="Make the campaign").click()
    expect(form.get_by_role("alert")).to_contain_text("has no synapse centred at")
    expect(form.get_by_label("Name of the campaign")).to_have_value(f"{campaign}, restored")
    expect(form.get_by_label("An imaging artifact")).to_be_checked()
    form.get_by_label("Synapses", exact=True).select_option(label="A new table, made of the file")
    form.get_by_label("Dataset of the new table").select_option(label="Demo: phantom tissue")
    form.get_by_label("Name of the new table").fill(f"of {campaign}")
    page.reload()
    expect(form.get_by_label("Name of the new table")).to_have_value(f"of {campaign}")
    expect(form.get_by_label("An imaging artifact")).to_be_checked()
    look_at(page)
    form.get_by_role("button", name="Make the campaign").press("Enter")
    expect(one).to_have_attribute("data-state", "made")
    expect(one).to_contain_text("was read as an imaging artifact")
    one.get_by_role("link", name="Go to its campaign").click()
    expect(page.get_by_role("heading", name=f"{campaign}, restored")).to_be_visible()
    # The browser says that a name was not found; nothing else.
    assert [one for one in manager.complaints if "404" not in one] == []
