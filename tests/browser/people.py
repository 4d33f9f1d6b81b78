"""What a person does in the browser, in the words of the work."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

LONG_MS = 30_000  # a page that nobody has rendered yet, on a busy machine

_PAINTED = """() => {
    const tiles = [...document.querySelectorAll(".tile")];
    const drawn = document.querySelectorAll(".tile[data-status=ready] .tile__slice");
    return tiles.length > 0 && drawn.length === tiles.length;
}"""

_PIXELS = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let gray = 0, tinted = 0;
    const shades = new Set();
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
        shades.add(green);
        if (red > green + 20 && blue > green + 20) tinted += 1;
        else if (Math.max(red, green, blue) - Math.min(red, green, blue) < 4) gray += 1;
    }
    return { gray, tinted, shades: shades.size };
}"""


class PersonInBrowser:
    """Somebody in front of a browser window of their own."""

    def __init__(self, address: str, context: BrowserContext, username: str, password: str) -> None:
        self.address = address
        self.context = context
        self.username = username
        self.password = password
        self.complaints: list[str] = []
        self._known: set[str] = set()  # campaigns whose grid this window has shown
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        """Another tab of the same window; what goes wrong in it is noted in `complaints`."""
        page = self.context.new_page()
        page.set_default_timeout(LONG_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(urljoin(self.address, path))

    def log_in(self, page: Page | None = None) -> None:
        tab = page or self.page
        tab.goto(urljoin(self.address, "login/"))
        tab.get_by_label("Username").fill(self.username)
        tab.get_by_label("Password").fill(self.password)
        tab.get_by_role("button", name="Log in").click()
        expect(tab.get_by_role("heading", name="My campaigns")).to_be_visible()

    def start_work(self, campaign: str) -> None:
        """Go from the list of campaigns to the grid, and wait for its page."""
        self.enter_grid(campaign)
        self.await_page()

    def enter_grid(self, campaign: str) -> None:
        """Go from the list of campaigns to the grid; the first time, put its help away."""
        self.open("/")
        card = self.page.locator(".campaign").filter(has_text=campaign)
        card.get_by_role("link", name="Proofread").click()
        if campaign in self._known:
            return
        help_dialog = self.page.get_by_role("dialog", name="Help")
        expect(help_dialog).to_be_visible()
        self.page.keyboard.press("?")
        expect(help_dialog).to_be_hidden()
        self._known.add(campaign)

    def await_page(self) -> None:
        """Wait until every tile of the page is painted."""
        self.page.wait_for_function(_PAINTED)

    @property
    def tiles(self) -> Locator:
        return self.page.locator(".tile")

    def face(self, index: int) -> Locator:
        """What one clicks to change the label of a tile."""
        return self.page.locator(".tile__face").nth(index)

    def label_of(self, index: int) -> str | None:
        return self.tiles.nth(index).get_attribute("data-label")

    def items(self) -> list[str]:
        """Which items are on the page."""
        ids = self.tiles.evaluate_all("tiles => tiles.map((tile) => tile.dataset.item)")
        return [str(each) for each in ids]

    def synapse_of(self, index: int) -> int:
        """The id of the synapse in its table, as a screen reader is told it."""
        said = re.search(r", id (\d+)", self.face(index).get_attribute("aria-label") or "")
        assert said is not None
        return int(said.group(1))

    def pixels(self, index: int) -> dict[str, int]:
        """Of a tile's canvas: gray pixels, pixels under the mask, different shades."""
        counts: dict[str, int] = self.page.locator(".tile__canvas").nth(index).evaluate(_PIXELS)
        return counts

    def expect_saved(self) -> None:
        expect(self.page.locator(".saved")).to_have_text("Saved")

    def submit(self) -> None:
        """Hand the page in, and wait for the next one or for the end."""
        number = self.page.locator(".toolbar__progress span").first.inner_text()
        self.page.get_by_role("button", name="Submit page").click()
        self.page.wait_for_function(
            """(number) => {
                const now = document.querySelector(".toolbar__progress span");
                return location.pathname.endsWith("/finished/") ||
                    (now !== null && now.innerText !== number);
            }""",
            arg=number,
        )
        if not self.is_finished:
            self.await_page()

    @property
    def is_finished(self) -> bool:
        return self.page.url.endswith("/finished/")
