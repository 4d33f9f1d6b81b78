"""axe-core finds nothing serious on any page, in light and in dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from synanno_server.env import REPOSITORY
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.browser.revising import RevisingPage
from tests.browser.test_managing import SECTIONS, see

pytestmark = pytest.mark.timeout(300)

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")

# The frame of Neuroglancer is left out: it is a program of others, in a document of its own.
_RUN = """async (rules) => {
    const only = rules.length > 0 ? { runOnly: { type: "rule", values: rules } } : {};
    const { violations } = await axe.run(document, {
        ...only, resultTypes: ["violations"], iframes: false,
    });
    return violations.map(({ id, impact, help, nodes }) => ({
        id, impact, help,
        nodes: nodes.map((node) => `${node.target} ${node.html.slice(0, 160)} ${
            [...node.any, ...node.all, ...node.none].map(({ message }) => message).join("; ")}`),
    }));
}"""


class Inspector:
    """Looks at pages with axe-core, and keeps what it finds."""

    def __init__(self) -> None:
        self._script = AXE.read_text(encoding="utf-8")
        self.found: list[str] = []

    def look_at(self, page: Page, what: str) -> None:
        """All rules in light; in dark the only one that colours decide."""
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(self._script)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self._note(page.evaluate(_RUN, []), what, "light")
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self._note(page.evaluate(_RUN, ["color-contrast"]), what, "dark")

    def _note(self, violations: list[dict[str, Any]], what: str, scheme: str) -> None:
        for one in violations:
            if one["impact"] in SERIOUS:
                said = "\n    ".join(one["nodes"])
                self.found.append(f"{what}, {scheme}: {one['id']}: {one['help']}\n    {said}")


def test_what_keeps_people_out_is_found(door: Door) -> None:
    page = door.enter("anna").page
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend",
            `<input><p style="color: light-dark(#222, #222)">nearly black</p>`)"""
    )
    inspector = Inspector()
    inspector.look_at(page, "My campaigns")
    told = [one.partition("\n")[0] for one in inspector.found]
    assert len(told) == 2
    assert told[0].startswith("My campaigns, light: label")
    assert told[1].startswith("My campaigns, dark: color-contrast")


def test_nothing_keeps_people_out(door: Door, campaign: str) -> None:
    inspector = Inspector()
    tour_of_an_annotator(door.enter("anna"), campaign, inspector)
    tour_of_a_manager(door.enter("manager"), campaign, inspector)
    assert inspector.found == [], "\n".join(inspector.found)


def tour_of_an_annotator(anna: PersonInBrowser, campaign: str, inspector: Inspector) -> None:
    page, press = anna.page, anna.page.keyboard.press
    inspector.look_at(page, "My campaigns")
    anna.start_work(campaign)
    anna.face(1).click()
    anna.face(2).click()
    anna.face(2).click()
    inspector.look_at(page, "grid")
    windows = {"?": "Help", "Shift+k": "Keys", "e": "What is wrong?", "k": "Skip this page?"}
    for key, name in windows.items():
        press(key)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        inspector.look_at(page, name)
        press("Escape")
        expect(page.get_by_role("dialog", name=name)).to_be_hidden()
    press("a")
    inspector.look_at(page, "all slices")
    press("a")
    press("d")
    expect(page.locator("dialog.details dt").first).to_be_visible()
    inspector.look_at(page, "details")
    press("Escape")
    expect(page.locator("dialog.details")).to_be_hidden()
    press("n")
    expect(page.locator("dialog.viewer")).to_be_visible()
    inspector.look_at(page, "around Neuroglancer")
    press("Escape")
    anna.expect_saved()
    anna.submit()
    work = page.url.partition("?")[0]
    page.get_by_role("link", name="My pages").click()
    inspector.look_at(page, "My pages")
    anna.open(f"{work}errors/")
    expect(page.locator('.card-error__picture[data-status="ready"]').first).to_be_visible()
    inspector.look_at(page, "cards of errors")
    tour_of_revising(anna, f"{work}revise", inspector)
    anna.open(f"{work}finished/")
    inspector.look_at(page, "finished")
    anna.open("/password/")
    inspector.look_at(page, "password")
    anna.open("/tokens/")
    inspector.look_at(page, "tokens")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    inspector.look_at(page, "login")


def tour_of_revising(anna: PersonInBrowser, address: str, inspector: Inspector) -> None:
    page, press = anna.page, anna.page.keyboard.press
    revise = RevisingPage(page)
    revise.open(address)
    revise.click((30, 30), (50, 30), (40, 45))
    inspector.look_at(page, "revise, with a curve")
    windows = {"?": "Help", "f": "What is it now?", "k": "Put it back", "v": "Versions of slice"}
    for key, name in windows.items():
        press(key)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        inspector.look_at(page, name)
        press("Escape")
        expect(page.get_by_role("dialog", name=name)).to_be_hidden()


def tour_of_a_manager(manager: PersonInBrowser, campaign: str, inspector: Inspector) -> None:
    page = manager.page
    card = page.locator(".campaign").filter(has_text=campaign)
    card.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("table", name="Open pages")).to_be_visible()
    inspector.look_at(page, "dashboard")
    manager.open("/")
    card.get_by_role("link", name="Manage").click()
    for name in SECTIONS:
        see(page, name)
        inspector.look_at(page, f"manage, {name}")
    page.locator(".tabs").get_by_role("link", name="Revision").click()
    page.get_by_role("form", name="How instances are mended").wait_for()
    inspector.look_at(page, "manage, Revision")
    page.locator(".tabs").get_by_role("link", name="Exports").click()
    page.get_by_role("form", name="What is exported").wait_for()
    inspector.look_at(page, "exports")
    manager.open("/campaigns/new/")
    inspector.look_at(page, "new campaign")
    manager.open("/datasets/")
    inspector.look_at(page, "datasets")
    page.get_by_role("button", name="New dataset").click()
    page.get_by_label("Send the file").wait_for()
    inspector.look_at(page, "wizard")
    page.locator("#image").fill("file:///nothing")
    page.locator("#image").blur()
    expect(page.locator("#image-problem")).to_be_visible()
    inspector.look_at(page, "wizard with a mistake")
