"""What the pages must look like at every size: nothing cut off, nothing without a name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door, Scheme
from tests.browser.people import PersonInBrowser

pytestmark = pytest.mark.timeout(300)

# What is part of a button, a link or a picture has the name of that. What one can choose in a field
# does not name it.
_NAMELESS = """() => {
    const whole = "button, a, [role=img]";
    const fields = "input, select, textarea, progress";
    const isNamed = (element) => element.getAttribute("aria-label") || element.title
        || element.labels?.length || (!element.matches(fields) && element.innerText?.trim());
    return [...document.querySelectorAll(`${whole}, ${fields}, canvas`)]
        .filter((element) => element.type !== "hidden" && !element.parentElement.closest(whole))
        .filter((element) => !isNamed(element))
        .map((element) => element.outerHTML.slice(0, 120));
}"""

_CUT_OFF = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth"""

# Whether the last of the bar lies in the padding at its end.
_AT_THE_EDGE = """() => {
    const last = document.querySelector(".toolbar__submit").getBoundingClientRect();
    return last.right > document.querySelector(".toolbar").getBoundingClientRect().right - 10;
}"""

_GROUND = """() => getComputedStyle(document.documentElement).backgroundColor"""

_SCROLLS = """() => {
    const area = document.querySelector(".tiles-area");
    const page = document.documentElement;
    return area.scrollHeight > area.clientHeight || page.scrollHeight > page.clientHeight;
}"""

# A page late in a large campaign.
_LONGEST = """() => {
    const number = document.querySelector(".toolbar__progress > span");
    number.textContent = "Page 1234 of 5678";
}"""

# It measures itself in the frame after it has another width.
_IS_FITTED = """async () => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    return true;
}"""

_PARTS = """[...document.querySelectorAll(
    ".toolbar :is(h1, button, a, progress, li, label, .saved, .legend, .toolbar__progress > span)"
)].filter((part) => part.checkVisibility({ visibilityProperty: true }))
    .filter((part) => !part.matches(".visually-hidden, .menu *"))
    .map((part) => [part.textContent.trim() || part.tagName, part.getBoundingClientRect()])"""

_TOUCHING = f"""() => {{
    const nearPx = 3;
    const parts = {_PARTS};
    const outside = parts.filter(([, {{ left, right }}]) => left < 0 || right > innerWidth);
    const pairs = parts.flatMap(([name, one], at) => parts.slice(at + 1)
        .filter(([, other]) => one.left < other.right + nearPx && other.left < one.right + nearPx
            && one.top < other.bottom && other.top < one.bottom)
        .map(([other]) => `${{name}} | ${{other}}`));
    return [...outside.map(([name]) => name), ...pairs];
}}"""

# Buttons of one line lie at one height.
_LINES = """() => {
    const buttons = [...document.querySelectorAll(".toolbar__overlay .button, .toolbar__submit")];
    const shown = buttons.filter((button) => button.checkVisibility());
    return new Set(shown.map((button) => button.getBoundingClientRect().top)).size;
}"""


def look_at(page: Page) -> None:
    assert page.evaluate(_NAMELESS) == []
    page.wait_for_function(f"() => !({_CUT_OFF})()")  # plots take their new width in a while


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_hold_at_the_size_of_a_laptop(door: Door, campaign: str, scheme: Scheme) -> None:
    anna = door.enter("anna", scheme=scheme)
    look_at(anna.page)
    anna.start_work(campaign)
    look_at(anna.page)
    ground = anna.page.evaluate(
        "() => getComputedStyle(document.body.parentElement).backgroundColor"
    )
    brightness = [int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(", ")]
    assert max(brightness) - min(brightness) <= 3, "the ground around EM images is neutral"
    assert (max(brightness) < 60) == (scheme == "dark")
    anna.open(anna.page.url + "finished/")
    expect(anna.page.get_by_role("heading", name="There is more to do")).to_be_visible()
    look_at(anna.page)
    anna.open("/password/")
    look_at(anna.page)


@pytest.mark.parametrize("page_size", [6, 12])
def test_a_page_fits_the_window_of_a_laptop_without_scrolling(
    door: Door, copy: Stack, page_size: int
) -> None:
    name = f"Fits {page_size}"
    people = ("--manager", "manager", "--annotator", "anna")
    table = ("--dataset", "Demo: phantom tissue", "--table", "synapses")
    what = (*table, "--page-size", str(page_size))
    copy.manage("open_campaign", name, *what, *people, "--crop", "96", "96", "4", "--wait")
    anna = door.enter("anna")
    anna.start_work(name)
    assert anna.tiles.count() == page_size
    assert anna.page.evaluate(_SCROLLS) is False


def test_all_of_the_toolbar_is_reached_at_every_width_and_nothing_touches(
    door: Door, campaign: str
) -> None:
    anna = door.enter("anna")
    anna.start_work(campaign)
    page = anna.page
    page.keyboard.press("2")
    anna.expect_saved()
    for width in (320, 640, 800, 1024, 1280, 1366, 1440, 1920, 2560):
        page.evaluate(_LONGEST)
        page.set_viewport_size({"width": width, "height": 768})
        page.wait_for_function(_IS_FITTED)
        assert page.evaluate(_TOUCHING) == [], width
        assert page.evaluate(_CUT_OFF) is False, width
        assert page.evaluate(_AT_THE_EDGE) is False, width
        lines = page.evaluate(_LINES)
        assert lines == 1 if width >= 1024 else lines <= 2 or width == 320, width
        ways = ("Errors", "My pages")
        if not page.get_by_role("link", name=ways[0]).is_visible():
            page.get_by_role("button", name="More").click()
        for name in ways:
            expect(page.get_by_role("link", name=name)).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="View", exact=True)).to_be_in_viewport()
        expect(page.get_by_role("button", name="Submit page")).to_be_in_viewport()
    assert anna.complaints == []


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (720, 450), (390, 800)])
def test_small_windows_and_large_letters_cut_nothing_off(
    door: Door, campaign: str, width: int, height: int
) -> None:
    anna = door.enter("anna", width=width, height=height)
    look_at(anna.page)
    anna.open("/password/")
    look_at(anna.page)
    anna.start_work(campaign)
    look_at(anna.page)
    expect(anna.page.get_by_role("button", name="Submit page")).to_be_in_viewport()
    expect(anna.face(0)).to_be_in_viewport()


def test_what_has_no_name_is_found(anna: PersonInBrowser) -> None:
    anna.page.evaluate(
        """() => document.body.insertAdjacentHTML("beforeend", `
            <input><select><option>a</option></select><textarea></textarea><progress></progress>
            <canvas></canvas><button></button><button title="Close"><canvas></canvas></button>
            <label>Name <input></label>`)"""
    )
    found = anna.page.evaluate(_NAMELESS)
    which = [element.removeprefix("<").split(">")[0] for element in found]
    assert which == ["input", "select", "textarea", "progress", "canvas", "button"]
