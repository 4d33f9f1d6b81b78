"""Tabs of one browser: each works for itself, and lets go of what it has left."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

_PICTURES_THAT_CAME = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => /\\/(lease|submit|tiles|stacks)($|[?])/.test(name))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""

# A browser lets a closed tab's locks go a moment after it is closed.
_ALONE_AT_WORK = """async () => {
  const { held } = await navigator.locks.query();
  return held.filter((lock) => lock.name.startsWith("synanno-work-")).length === 1;
}"""


def test_two_tabs_lose_no_label_of_either(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    other = anna.new_tab()
    other.goto(anna.page.url)
    other.locator(".tile__face").nth(0).click()
    expect(other.locator(".saved")).to_have_text("Saved")
    anna.page.route("**/verdicts", lambda route: route.abort())  # the submit is the first to come
    anna.face(1).click()
    anna.page.get_by_role("button", name="Submit page").click()
    notice = anna.page.locator(".notice")
    expect(notice).to_contain_text("changed elsewhere")
    notice.get_by_role("button", name="Load the page again").click()
    expect(notice).to_contain_text("One label has not reached the server yet")
    assert anna.label_of(1) == "incorrect"
    anna.page.unroute("**/verdicts")
    notice.get_by_role("button", name="Try again").click()
    expect(anna.tiles.first).to_have_attribute("data-label", "incorrect")  # of the other tab
    expect(notice).to_have_count(0)
    anna.await_page()
    assert [anna.label_of(index) for index in range(3)] == ["incorrect", "incorrect", "correct"]
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 1")


def test_two_tabs_work_on_pages_of_their_own(door: Door, campaign: str, copy: Stack) -> None:
    """Whoever may hold several pages opens one beside the other; each tab keeps to its own."""
    code = (
        "from apps.campaigns.models import Campaign\n"
        f"Campaign.objects.filter(name={campaign!r}).update(open_pages_cap=2)"
    )
    copy.manage("shell", "--no-imports", "-c", code)
    anna = door.enter("anna")
    anna.start_work(campaign)
    with anna.context.expect_page() as opened:
        anna.page.get_by_role("link", name="+1").click()
    beside = opened.value
    expect(place_in(beside)).to_contain_text("Page 2 of")
    beside.reload()
    expect(place_in(beside)).to_contain_text("Page 2 of")

    beside.get_by_role("button", name="Submit page").click()
    expect(place_in(beside)).to_contain_text("Page 3 of")
    anna.page.get_by_role("button", name="Submit page").click()
    expect(place_in(anna.page)).to_contain_text("Page 4 of")
    anna.page.reload()
    expect(place_in(anna.page)).to_contain_text("Page 4 of")

    # A page whose tab was closed is taken up by the one that is left.
    beside.close()
    anna.page.wait_for_function(_ALONE_AT_WORK)
    anna.page.get_by_role("button", name="Submit page").click()
    expect(place_in(anna.page)).to_contain_text("Page 3 of")
    assert anna.complaints == []


def test_pages_that_were_left_are_not_kept(anna: PersonInBrowser, campaign: str) -> None:
    """A day is a thousand pages of four megabytes."""
    anna.start_work(campaign)
    for _ in range(5):
        anna.submit()
    page = anna.page

    def lets_go() -> bool:
        # Of six pages up to three are there: this one, and those that were left last.
        return kept_bytes(page) < 0.6 * came_bytes(page)

    # The rest of this page may come between the two readings. What is held for good stays too much.
    wait_for(lets_go, "that left pages are let go of", seconds=20)
    assert came_bytes(page) > 500_000


def came_bytes(page: Page) -> float:
    came: float = page.evaluate(_PICTURES_THAT_CAME)
    return came


def kept_bytes(page: Page) -> float:
    """How much the scripts of the page hold in buffers."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):  # what is freed by finalizers is gone with the second
        session.send("HeapProfiler.collectGarbage")
    kept: float = session.send("Runtime.getHeapUsage")["backingStorageSize"]
    session.detach()
    return kept


def place_in(page: Page) -> Locator:
    return page.locator(".toolbar__progress")
