"""A morning's work without a mouse, through a network that goes and comes back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.browser.test_neuroglancer import viewer_of
from tests.browser.test_nothing_is_lost import stored

pytestmark = pytest.mark.timeout(300)

_FOCUSED = """() => {
    const card = document.activeElement.closest(".campaign");
    return [document.activeElement.innerText, card === null ? "" : card.innerText];
}"""


def enter_by_keys(anna: PersonInBrowser, campaign: str) -> None:
    """From the list of campaigns to the grid, by Tab and Enter."""
    for _ in range(200):
        anna.page.keyboard.press("Tab")
        word, card = anna.page.evaluate(_FOCUSED)
        if word == "Proofread" and campaign in card:
            break
    anna.page.keyboard.press("Enter")
    expect(anna.page.get_by_role("dialog", name="Help")).to_be_visible()
    anna.page.keyboard.press("Escape")
    anna.await_page()


def test_three_pages_by_keys_alone(door: Door, campaign: str, copy: Stack) -> None:
    anna = door.enter("anna")
    press, place = anna.page.keyboard.press, anna.page.locator(".toolbar__progress")
    enter_by_keys(anna, campaign)
    # The first page: one is incorrect, and why; it is looked at in Neuroglancer.
    press("ArrowRight")
    press("e")
    expect(anna.page.get_by_role("dialog", name="What is wrong?")).to_be_visible()
    press("2")
    press("Enter")
    expect(anna.face(1)).to_be_focused()
    press("n")
    viewer_of(anna)
    press("Escape")
    expect(anna.face(1)).to_be_focused()
    press("s")
    expect(place).to_contain_text("Page 2")
    anna.await_page()
    # The second: the network goes after the first label.
    press("2")
    anna.expect_saved()
    anna.context.set_offline(True)
    press("ArrowDown")
    press("3")
    press("s")
    notice = anna.page.locator(".notice")
    expect(notice).to_contain_text("cannot be reached")
    assert [anna.label_of(index) for index in (0, 3)] == ["incorrect", "unsure"]
    anna.context.set_offline(False)
    expect(notice).to_have_count(0)  # by itself, as soon as the labels are saved
    expect(place).to_contain_text("Page 2")
    press("s")
    expect(place).to_contain_text("Page 3")
    anna.await_page()
    # The third.
    press(".")
    press("2")
    press("Control+z")
    press("s")
    expect(place).to_contain_text("Page 4")
    said = stored(copy, campaign)
    # The reasons are a verdict of their own; the last one was taken back.
    wrong, unsure = "anna incorrect False", "anna unsure False"
    assert [line for line in said if line in {wrong, unsure}] == [wrong] * 3 + [unsure, wrong]
    assert said.count("anna correct False") == 3 * 6 - 3
