"""How a campaign goes, as its manager and its viewer see it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import Door
from tests.browser.people import LONG_MS, PersonInBrowser
from tests.browser.test_looks import look_at
from tests.browser.test_managing import add_person, see

pytestmark = pytest.mark.timeout(300)

_SHADES = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""


def open_dashboard(person: PersonInBrowser, campaign: str) -> Page:
    """By the link in the list of campaigns."""
    person.open("/")
    card = person.page.locator(".campaign").filter(has_text=campaign)
    card.get_by_role("link", name="Dashboard").click()
    expect(person.page.get_by_role("heading", name="People")).to_be_visible()
    return person.page


def names(page: Page) -> list[str]:
    """The people in the order of their table."""
    rows = page.get_by_role("region", name="People").locator("tbody tr")
    return [name.strip("▸▾ \n") for name in rows.locator("td:first-child").all_inner_texts()]


def test_a_manager_sees_how_it_goes_and_pauses_a_person(
    door: Door, campaign: str, tmp_path: Path
) -> None:
    anna, ben = door.enter("anna"), door.enter("ben")
    for person, pages in ((anna, 2), (ben, 1)):
        person.start_work(campaign)
        person.face(1).click()
        for _ in range(pages):
            person.submit()
    manager = door.enter("manager", width=1366, height=768)
    page = open_dashboard(manager, campaign)

    expect(page.locator(".freshness")).to_contain_text("Live")
    expect(page.locator(".plot canvas").first).to_be_visible()  # of the pace there may be none yet
    assert all(plot.evaluate(_SHADES) > 10 for plot in page.locator(".plot canvas").all())
    look_at(page)

    table = page.get_by_role("region", name="People")
    by_votes = names(page)
    assert by_votes[:2] == ["anna", "ben"]
    table.get_by_role("button", name="Votes").click()
    expect(table.get_by_role("columnheader", name="Votes")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert names(page) == by_votes[::-1]

    with page.expect_download() as download:
        page.locator("section", has_text="Click on a name").get_by_title("as a CSV file").click()
    download.value.save_as(tmp_path / "people.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "people.csv").read_text())))
    assert {row["votes"] for row in rows if row["name"] == "anna"} == {"12"}

    page.get_by_role("button", name="Pause anna").click()
    expect(page.get_by_role("status").filter(has_text="is handed no more pages.")).to_be_visible()
    page.get_by_label("Who gets the open pages of anna").select_option("to everybody")
    questions: list[str] = []

    def agree(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.accept()

    page.once("dialog", agree)
    page.get_by_role("button", name="Transfer the pages of anna").click()
    expect(page.get_by_role("status").filter(has_text="1 page of anna")).to_be_visible()
    assert len(questions) == 1
    # The table shows it with the next figures.
    expect(page.get_by_role("button", name="Resume anna")).to_be_visible(timeout=LONG_MS)
    page.set_viewport_size({"width": 390, "height": 800})
    look_at(page)
    assert manager.complaints == []


def test_a_viewer_looks_on_and_changes_nothing(door: Door, campaign: str) -> None:
    manager = door.enter("manager")
    card = manager.page.locator(".campaign").filter(has_text=campaign)
    card.get_by_role("link", name="Manage").click()
    see(manager.page, "People")
    manager.page.get_by_role("link", name="Add people, change roles").click()
    add_person(manager.page, "vera", "viewer")
    vera = door.enter("vera", width=390, height=800)
    page = open_dashboard(vera, campaign)
    expect(page.get_by_role("button", name="Pause anna")).to_have_count(0)
    look_at(page)
    assert vera.complaints == []
