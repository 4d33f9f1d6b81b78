"""Somebody finishes by mistake, finds what they drew, and has it in hand again; the manager looks
at it."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ZONE, Door
from tests.browser.people import PersonInBrowser
from tests.browser.revising import RevisingPage
from tests.browser.test_revise import call_some_wrong

pytestmark = pytest.mark.timeout(300)


def test_what_was_finished_by_mistake_is_opened_again(
    anna: PersonInBrowser, door: Door, campaign: str
) -> None:
    address = call_some_wrong(anna, campaign)
    page = anna.page
    revise = RevisingPage(page)
    revise.open(address)
    number = revise.revised["number"]
    revision_id = revise.revised["id"]
    revise.press("b")
    revise.drag((20, 30), (40, 30))
    revise.expect_saved()
    revise.finish("one stroke too many")

    page.get_by_role("link", name="My revisions").click()
    row = page.get_by_role("row").filter(has_text="one stroke too many")
    expect(row).to_contain_text("finished")
    when = row.locator("time")
    at = datetime.fromisoformat(when.get_attribute("datetime") or "").astimezone(ZoneInfo(ZONE))
    expect(when).to_have_text(f"{at.day} {at:%b %Y, %H:%M}")
    expect(when).to_have_attribute("title", re.compile(r"\d UTC$"))
    row.get_by_role("link", name=str(number), exact=True).click()
    expect(page.get_by_text("Drawn on 1 of")).to_be_visible()
    expect(page.get_by_text("Now: drawn, by anna")).to_be_visible()
    page.get_by_role("button", name="As in the volume").click()
    expect(page.get_by_text("Now: drawn, by anna")).to_have_count(0)
    turned = page.locator(".look__turn")
    before = turned.inner_text()
    page.keyboard.press(".")
    expect(turned).not_to_have_text(before)

    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Reopen").click()
    revise.await_picture()
    assert revise.revised["id"] == revision_id
    assert revise.stored(revise.z) is not None, "what she drew is there"
    assert anna.complaints == []

    manager = door.enter("manager", scheme="dark")
    manager.page.goto(urljoin(address, "revisions/"))
    listed = manager.page.get_by_role("row").filter(has_text="being mended")
    listed.get_by_role("link", name=str(number), exact=True).click()
    expect(manager.page.get_by_text("Drawn on 1 of")).to_be_visible()
    expect(manager.page.get_by_role("row").filter(has_text="finished")).to_contain_text("anna")
    assert manager.complaints == []
