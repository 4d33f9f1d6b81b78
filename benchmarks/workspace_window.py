"""A browser window in front of a running copy: an annotator who works by keys and wheel."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.annotators import Session
from synanno_server.local.errors import StartError

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROBE = Path(__file__).with_name("workspace_probe.js")
PATIENCE_MS = 60_000
How = Literal["key", "wheel"]


@dataclass(frozen=True)
class Turn:
    """From the key that submits to the next page, all tiles drawn; ms from the key on."""

    sent: float
    accepted: float  # the first byte of the answer: the page that is left is submitted
    brought: float  # the last byte: the next page is here
    painted: float
    is_search: bool = False  # the next page is one to look for missed synapses


@dataclass(frozen=True)
class Step:
    """A slice step: the page's own milliseconds, and after how many frames it was drawn."""

    work: float
    frames: int


@dataclass(frozen=True)
class Memory:
    """Of the tab, after a collection of garbage."""

    heap_mb: float
    nodes: float
    listeners: float
    process_mb: float  # memory that the renderer does not share


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """A Chromium of the machine. Raises StartError if there is none."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise StartError(
            "This bench measures in a real browser, and there is no chromium on the PATH "
            "(Debian: apt install chromium)."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


class Window:
    """The grid of one campaign, in front of one person."""

    def __init__(self, browser: Browser, address: str, campaign: int, session: Session) -> None:
        self._browser = browser
        self._context = _logged_in(browser, address, session)
        self._context.add_init_script(path=PROBE)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self._cdp = self._context.new_cdp_session(self.page)
        self._cdp.send("Performance.enable")
        self.page.goto(f"{address}campaigns/{campaign}/")
        self.page.get_by_role("dialog", name="Help").wait_for()
        self.press("Escape")
        self.page.wait_for_function("probe.isDrawn()")

    def close(self) -> None:
        self._context.close()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def turn_page(self) -> None:
        """Submit, and wait until all of the next page is drawn. Neuroglancer takes the keys when it
        has come; the page, which is measured, is to see this one."""
        self.page.evaluate(
            "document.activeElement instanceof HTMLIFrameElement && document.activeElement.blur()"
        )
        self.press("s")
        self._await_idle()

    def step(self, how: How, by: int) -> None:
        """One slice on or back: of the tile with the outline, or the one under the pointer; until
        it is drawn. A wheel's event comes to the page some time after it was sent."""
        before = self.page.evaluate("probe.steps.length")
        if how == "key":
            self.press("." if by > 0 else ",")
        else:
            self.page.mouse.wheel(0, 100.0 * by)
        self.page.wait_for_function("count => probe.steps.length > count", arg=before)

    def point_at(self, tile: int) -> None:
        self.page.locator(".tile__face").nth(tile).hover()

    @property
    def tiles(self) -> int:
        return self.page.locator(".tile[data-item]").count()

    def await_all_slices(self) -> None:
        """Until the other slices have arrived too."""
        self.page.wait_for_function(
            """() => performance.getEntriesByType("resource")
                .some(({ name, responseEnd }) => name.includes("/stacks") && responseEnd > 0)"""
        )

    def _await_idle(self) -> None:
        self.page.wait_for_function("probe.isIdle()")

    def turns(self) -> list[Turn]:
        """All turns so far."""
        return [_turn(one) for one in self.page.evaluate("probe.turns")]

    def steps(self) -> list[Step]:
        return [Step(one["work"], one["frames"]) for one in self.page.evaluate("probe.steps")]

    def long_tasks(self) -> int:
        """How often the page was busy for more than 50 ms at a time."""
        return int(self.page.evaluate("probe.longTasks()"))

    def memory(self) -> Memory:
        """What the tab takes, after a collection of garbage."""
        for _ in range(2):  # what is freed by finalizers is gone with the second
            self._cdp.send("HeapProfiler.collectGarbage")
            time.sleep(0.05)
        metrics = self._cdp.send("Performance.getMetrics")["metrics"]
        by_name = {metric["name"]: metric["value"] for metric in metrics}
        return Memory(
            heap_mb=by_name["JSHeapUsedSize"] / 1e6,
            nodes=by_name["Nodes"],
            listeners=by_name["JSEventListeners"],
            process_mb=self._renderer_bytes() / 1e6,
        )

    def _renderer_bytes(self) -> int:
        """Of the largest renderer: others of this browser are empty spares."""
        session = self._browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        found = [psutil.Process(one["id"]) for one in processes if one["type"] == "renderer"]
        return max(int(process.memory_full_info().uss) for process in found)


def _turn(noted: dict[str, Any]) -> Turn:
    began, submit = noted["began"], noted["submit"]
    here = noted.get("lease", submit)[2]  # asked for on its own where the answer lacked it
    times = (submit[0], submit[1], here, noted["painted"])
    sent, accepted, brought, painted = (time - began for time in times)
    return Turn(sent, accepted, brought, painted, is_search=noted["search"])


def _logged_in(browser: Browser, address: str, session: Session) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    pairs = (one.split("=", 1) for one in session.cookies.split("; "))
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in pairs])
    return context
