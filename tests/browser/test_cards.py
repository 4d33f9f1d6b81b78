"""What is wrong with what one called incorrect or unsure is said card by card, with keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PersonInBrowser

pytestmark = pytest.mark.timeout(300)

_PAINTED = """() => {
    const near = [...document.querySelectorAll(".card-error__picture")];
    return near.length > 0 && near.every((one) => one.querySelector(".tile__slice") !== null);
}"""


def cards_of(page: Page) -> Locator:
    return page.locator(".card-error")


def kinds_of(card: Locator) -> list[str]:
    """The kinds that are named on a card."""
    return card.locator(
        ".card-error__kind[aria-pressed=true] > span:nth-child(2)"
    ).all_inner_texts()


def choose_a_key(page: Page) -> None:
    """Another key for the next slice, by way of the help; the card has the focus again."""
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("(on the tiles: Correct)")
    page.get_by_role("button", name="Choose your own keys").click()
    keys = page.get_by_role("dialog", name="Keys")
    keys.get_by_role("button", name="Add a key to “Next slice”").click()
    page.keyboard.press("l")
    expect(keys.get_by_role("status")).to_contain_text("l: Next slice.")
    expect(keys).to_contain_text("Saved")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def look_closer(page: Page) -> None:
    """In detail and in Neuroglancer, on a page that was submitted; the card has the focus again."""
    press = page.keyboard.press
    press("d")
    details = page.get_by_role("dialog", name="Synapse 1 of 4")
    expect(details.get_by_role("list", name="All slices").locator("li")).to_have_count(8)
    expect(details).to_contain_text("Centre")
    press("n")
    viewer = page.get_by_role("dialog", name="in Neuroglancer")
    expect(viewer.locator("iframe")).to_be_visible()
    viewer.get_by_role("button", name="Close").click()
    expect(viewer).to_be_hidden()
    press("Escape")
    expect(details).to_be_hidden()


def test_cards_are_explained_by_keys_and_discarded(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    for index in (0, 2, 3):
        anna.face(index).click()
    anna.face(3).click()
    anna.submit()
    anna.face(1).click()
    anna.expect_saved()
    anna.page.get_by_role("link", name="Errors").click()
    page, press = anna.page, anna.page.keyboard.press
    card = cards_of(page).and_(page.locator("[data-current]"))
    expect(cards_of(page)).to_have_count(1)  # of the page that is held
    expect(card).to_contain_text("not submitted yet")
    press("1")
    anna.expect_saved()
    anna.open(page.url.split("?")[0])
    expect(page.locator(".cards-filters")).to_contain_text("Without a kind 3")
    press("f")
    expect(cards_of(page)).to_have_count(4)
    page.wait_for_function(_PAINTED)
    look_closer(page)
    expect(card).to_be_focused()
    press("1")
    press("2")
    assert kinds_of(card) == ["False positive", "Mask does not fit"]
    press("ArrowRight")
    press("Enter")
    page.keyboard.type("a torn section, 1st half")
    press("Enter")
    expect(card).to_be_focused()
    press("u")
    anna.context.set_offline(True)
    press("ArrowRight")
    expect(card).to_have_attribute("data-label", "unsure")
    press("i")
    press("3")
    expect(page.locator(".saved")).to_have_text("Not saved yet")
    anna.context.set_offline(False)
    anna.expect_saved()
    choose_a_key(page)
    position = card.locator(".tile__slice")
    expect(position).to_contain_text("5/8")
    press("l")
    expect(position).to_contain_text("6/8")
    press("c")
    press("Control+z")
    expect(card).to_have_attribute("data-label", "incorrect")
    anna.expect_saved()
    page.reload()
    expect(cards_of(page)).to_have_count(4)
    press("Shift+K")  # what was chosen is brought by the page; it is for everybody's again
    page.get_by_role("button", name="All as for everybody").click()
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Saved")
    press("Escape")
    assert [kinds_of(one) for one in cards_of(page).all()] == [
        ["False positive", "Mask does not fit"],
        [],
        ["Pre and post swapped"],
        ["False positive"],
    ]
    expect(cards_of(page).nth(1)).to_have_attribute("data-label", "unsure")
    expect(cards_of(page).nth(1).get_by_role("textbox")).to_have_value("a torn section, 1st half")
    press("End")
    expect(cards_of(page).last).to_be_focused()
    page.get_by_role("button", name="Discard 2 false positives").click()
    expect(cards_of(page)).to_have_count(2)
    page.get_by_role("button", name="Undo: put 2 back").click()
    expect(cards_of(page)).to_have_count(4)
    assert [text for text in anna.complaints if "ERR_INTERNET_DISCONNECTED" not in text] == []
