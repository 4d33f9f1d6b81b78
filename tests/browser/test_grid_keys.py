"""Somebody makes the grid their own: keys, what is drawn, how large, and back to earlier pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser

pytestmark = pytest.mark.timeout(300)


def test_anna_makes_the_grid_her_own_and_loses_no_label(door: Door, campaign: str) -> None:
    anna = door.enter("anna")
    anna.start_work(campaign)
    choose_a_key(anna)
    anna.page.keyboard.press("s")
    anna.expect_saved()
    assert anna.label_of(0) == "unsure"
    expect(anna.page.get_by_title("and go to the next (Ctrl Enter)")).to_be_visible()

    elsewhere = door.enter("anna", scheme="dark")
    elsewhere.start_work(campaign)
    assert elsewhere.label_of(0) == "unsure"
    elsewhere.page.keyboard.press("ArrowRight")
    elsewhere.page.keyboard.press("s")
    elsewhere.expect_saved()
    assert elsewhere.label_of(1) == "unsure"
    elsewhere.page.keyboard.press("1")
    elsewhere.expect_saved()
    elsewhere.page.keyboard.press("Shift+K")
    elsewhere.page.get_by_role("button", name="All as for everybody").click()
    expect(elsewhere.page.get_by_role("dialog", name="Keys")).to_contain_text("Saved")
    elsewhere.page.reload()
    elsewhere.await_page()
    look_in_many_ways(elsewhere)
    turn_back_and_forth(elsewhere)
    assert anna.complaints == elsewhere.complaints == []


def choose_a_key(anna: PersonInBrowser) -> None:
    """Another key for a label, which is the one that submits the page."""
    anna.page.keyboard.press("?")
    anna.page.get_by_text("The mouse, and all keys").click()
    anna.page.get_by_role("button", name="Choose your own keys").click()
    keys = anna.page.get_by_role("dialog", name="Keys")
    keys.get_by_role("button", name="Add a key to “Unsure”").click()
    anna.page.keyboard.press("s")
    expect(keys.get_by_role("status")).to_contain_text("s is the key of “Submit the page”")
    keys.get_by_role("button", name="Take it for “Unsure”").click()
    expect(keys).to_contain_text("Saved")
    anna.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def look_in_many_ways(anna: PersonInBrowser) -> None:
    """What is drawn changes, and labels do not."""
    press = anna.page.keyboard.press
    press("2")
    anna.expect_saved()
    size = anna.tiles.first.bounding_box()
    plain, masked = anna.pixels(0)["tinted"], anna.pixels(1)["tinted"]
    press("w")
    expect_tinted(anna, 0, "===", 0)
    press("w")
    for _ in range(4):
        press("[")
    expect_tinted(anna, 0, "===", 0)  # of this synapse alone
    expect_tinted(anna, 1, "===", masked)
    press("o")
    press("x")
    expect_tinted(anna, 0, ">", plain)
    press("0")
    expect_tinted(anna, 0, "===", plain)
    press("a")
    expect_tinted(anna, 0, "<", plain)
    press("a")
    press("b")
    anna.page.wait_for_function("() => document.querySelector('.tile').clientWidth < 130")
    assert [anna.label_of(index) for index in (0, 1)] == ["incorrect", "correct"]
    anna.face(3).click()  # goes there, and labels nothing
    expect(anna.page.locator(".tiles[data-birds-eye]")).to_have_count(0)
    expect(anna.tiles.nth(3)).to_have_attribute("data-current", "")
    assert anna.label_of(3) == "correct"
    assert anna.tiles.first.bounding_box() == size


def turn_back_and_forth(anna: PersonInBrowser) -> None:
    """Back to the page that was just submitted, to change a label, and forth again."""
    anna.submit()
    anna.page.keyboard.press("2")
    anna.page.keyboard.press("<")
    place = anna.page.locator(".toolbar__progress")
    expect(place).to_contain_text("Page 1")
    anna.await_page()
    assert [anna.label_of(index) for index in (0, 1)] == ["incorrect", "correct"]
    anna.page.keyboard.press("1")
    anna.page.get_by_role("button", name="Later page of yours").click()
    expect(place).to_contain_text("Page 2")
    anna.await_page()
    assert anna.label_of(0) == "incorrect"
    anna.page.keyboard.press("<")
    expect(place).to_contain_text("Page 1")
    anna.await_page()
    assert anna.label_of(0) == "correct"


_TINTED = """(index) => {
    const canvas = document.querySelectorAll(".tile__canvas")[index];
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let tinted = 0;
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
        if (red > green + 20 && blue > green + 20) tinted += 1;
    }
    return tinted;
}"""


def expect_tinted(anna: PersonInBrowser, index: int, sign: str, count: int) -> None:
    """Waits until so many pixels of a tile, more or less of them, lie under the mask."""
    anna.page.wait_for_function(
        f"([index, count]) => ({_TINTED})(index) {sign} count", arg=[index, count]
    )
