"""A manager runs a whole campaign in the browser, from the draft to the archive."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.test_looks import look_at
from tests.campaigns.test_managing_api import png

pytestmark = pytest.mark.timeout(300)

NAME = "Run from the web"
SECTIONS = ("Settings", "Instructions", "People", "Pages", "Gold", "Webhooks", "Record")


def deed(page: Page, word: str) -> None:
    """Press a button of the campaign's life."""
    page.get_by_role("form", name="Life of the campaign").get_by_role("button", name=word).click()


def see(page: Page, section: str) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("link", name=section).click()
    expect(page.locator(".tabs [aria-current]")).to_have_text(section)


def status_of(page: Page, status: str) -> None:
    expect(page.locator(".manage__head .status")).to_have_text(status, timeout=60_000)


def test_a_manager_runs_a_campaign_without_a_shell(door: Door, copy: Stack, tmp_path: Path) -> None:
    manager = door.enter("manager", width=1280)
    page = manager.page
    page.on("dialog", lambda dialog: dialog.accept())  # yes to all questions
    # A draft, with settings, instructions, a picture and people.
    page.get_by_role("link", name="New campaign").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(NAME)
    page.get_by_label("Instances a page").select_option("6")
    for axis in "xy":
        page.get_by_label(f"Crop, {axis}").fill("96")
    # A part of the table is counted before anything is made.
    page.get_by_label("A random sample").check()
    page.get_by_label("How many").fill("5")
    page.get_by_role("button", name="Count them").click()
    expect(page.get_by_role("status").filter(has_text="5 synapses")).to_be_visible()
    look_at(page)
    page.get_by_label("A random sample").uncheck()
    expect(page.get_by_label("How many")).to_be_hidden()
    look_at(page)
    page.get_by_role("button", name="Create a draft").click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    status_of(page, "draft")
    page.get_by_label("Pages a person may hold at once").fill("2")
    page.get_by_role("button", name="Save settings").click()
    page.get_by_label("Pages a person may hold at once").and_(
        page.locator("[value='2']")
    ).wait_for()
    look_at(page)
    # More votes where it is uncertain: what is chosen stays when something else is saved.
    page.get_by_label("Votes", exact=True).select_option("adaptive")
    page.get_by_label("Most votes on an instance").fill("5")
    page.get_by_label("Probability that settles “correct”").fill("0.97")
    for _ in range(2):
        with page.expect_event("load"):
            page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_label("Most votes on an instance")).to_have_value("5")
        expect(page.get_by_label("Probability that settles “correct”")).to_have_value("0.97")
    page.get_by_label("Votes", exact=True).select_option("fixed")
    expect(page.get_by_label("Most votes on an instance")).to_be_hidden()
    with page.expect_event("load"):
        page.get_by_role("button", name="Save settings").click()
    see(page, "Gold")
    page.get_by_label("Share on a newcomer’s pages").fill("0.2")
    page.get_by_label("People are told after each page").check()
    with page.expect_event("load"):
        page.get_by_role("button", name="Save gold").click()
    expect(page.get_by_label("Share on a newcomer’s pages")).to_have_value("0.2")
    expect(page.get_by_label("People are told after each page")).to_be_checked()
    look_at(page)
    see(page, "Instructions")
    page.get_by_role("textbox", name="Instructions").fill("Look for vesicles.")
    page.get_by_role("button", name="Save instructions").click()
    expect(page.get_by_role("textbox", name="Instructions")).to_have_text("Look for vesicles.")
    picture = tmp_path / "cleft.png"
    picture.write_bytes(png(40, 30))
    page.get_by_label("PNG or JPEG, at most 1 MB").set_input_files(picture)
    page.get_by_role("textbox", name="What it shows").fill("A cleft from the side")
    page.get_by_role("button", name="Add picture").click()
    shown = page.get_by_role("img", name="A cleft from the side")
    expect(shown).to_be_visible()
    assert shown.evaluate("async image => (await image.decode(), image.naturalWidth)") == 40
    page.get_by_label("Title of a new category").fill("Wrong side")
    page.get_by_role("button", name="Add category").click()
    expect(page.get_by_label("Title of wrongSide")).to_be_visible()
    look_at(page)
    see(page, "People")
    page.get_by_role("link", name="Add people, change roles").click()
    add_person(page, "anna")
    add_person(page, "ben")
    manager.open("/")
    page.locator(".campaign").filter(has_text=NAME).get_by_role("link", name="Manage").click()
    # Open; anna holds a page, is paused, and her page goes to ben.
    deed(page, "Start")
    status_of(page, "open")
    anna = door.enter("anna")
    anna.start_work(NAME)
    anna.page.keyboard.press("?")
    example = anna.page.get_by_role("dialog", name="Help").get_by_role("img")
    expect(example).to_have_attribute("alt", "A cleft from the side")
    assert example.evaluate("async image => (await image.decode(), image.naturalWidth)") == 40
    anna.page.keyboard.press("?")
    see(page, "Pages")
    row = page.get_by_role("row").filter(has_text="held")
    expect(row).to_contain_text("anna")
    look_at(page)
    see(page, "People")
    page.get_by_role("button", name="Pause anna").click()
    expect(page.get_by_role("button", name="Resume anna")).to_be_visible()
    page.get_by_label("Who gets the pages of anna").select_option("ben")
    with page.expect_event("load"):  # the page shows what came of it before one goes on
        page.get_by_role("button", name="Transfer the pages of anna").click()
    see(page, "Pages")
    expect(page.get_by_role("row").filter(has_text="reserved")).to_contain_text("ben")
    # Ben does it all; one page is reopened for him, and done again.
    ben = door.enter("ben")
    ben.start_work(NAME)
    while not ben.is_finished:
        ben.submit()
    page.reload()
    page.get_by_label("Who judges page 1 again").select_option("ben")
    page.get_by_role("button", name="Reopen page 1").click()
    expect(page.get_by_role("row").filter(has_text="reserved")).to_have_count(1)
    ben.start_work(NAME)
    ben.submit()
    assert ben.is_finished
    # Paused, closed, and put away.
    deed(page, "Pause")
    status_of(page, "paused")
    deed(page, "Close")
    status_of(page, "closed")
    deed(page, "Archive")
    status_of(page, "archived")
    see(page, "Record")
    done = page.locator("tbody tr")
    expect(done.first).to_contain_text("Status changed")
    assert done.count() >= 11
    expect(page.locator("tbody")).to_contain_text(re.compile("Pages transferred.*anna", re.DOTALL))
    look_at(page)
    assert manager.complaints == []


def add_person(page: Page, name: str, role: str = "annotator") -> None:
    page.locator("#add-role").select_option(role)
    page.locator("#add-username").fill(name)
    page.locator("#add-username").press("Enter")
    expect(page.get_by_role("row").filter(has_text=name)).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_section_holds_in_small_windows(door: Door, campaign: str, width: int) -> None:
    manager = door.enter("manager", width=width)
    page = manager.page
    page.get_by_role("link", name="New campaign").click()
    look_at(page)
    manager.open("/")
    page.locator(".campaign").filter(has_text=campaign).get_by_role("link", name="Manage").click()
    for section in SECTIONS:
        see(page, section)
        look_at(page)
