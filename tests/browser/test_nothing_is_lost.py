"""Labels outlive a crash, another login in the same browser, and a second tab; steps are undone."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import FLAGS
from tests.browser.people import PersonInBrowser
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)


class Computer:
    """A computer whose browser keeps its data, and can be killed."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self.folder = folder
        self.context = self.start()

    def start(self) -> BrowserContext:
        self.context = self._browser.browser_type.launch_persistent_context(
            self.folder,
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=list(FLAGS),
            viewport={"width": 1440, "height": 900},
        )
        return self.context

    def close(self) -> None:
        self.context.close()

    def kill_browser(self) -> None:
        """As a crash or an empty battery does."""
        (pid,) = self._browser_processes()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self._browser_processes(), "the end of the browser")

    def _browser_processes(self) -> list[int]:
        """The main process that was started on this folder; the others end with it."""
        flag = f"--user-data-dir={self.folder}".encode()
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                words = _command_line(process)
                if flag in words and not any(word.startswith(b"--type=") for word in words):
                    found.append(int(process.name))
        return found


def _command_line(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile
        return []


@pytest.fixture
def computer(browser: Browser, tmp_path: Path) -> Iterator[Computer]:
    one = Computer(browser, tmp_path / "profile")
    with ExitStack() as at_end:
        at_end.callback(one.close)
        yield one


def stored(copy: Stack, campaign: str) -> list[str]:
    """Who said what in a campaign, as the database has it."""
    code = (
        "from apps.proofreading.models import Verdict\n"
        f"for v in Verdict.objects.filter(item__campaign__name={campaign!r}).order_by('pk'):\n"
        "    print('said', v.user.username, v.label, v.late)"
    )
    lines = copy.manage("shell", "--no-imports", "-c", code).splitlines()
    return [line.removeprefix("said ") for line in lines if line.startswith("said ")]


def test_a_killed_browser_loses_no_label_and_another_person_sends_none(
    computer: Computer, copy: Stack, passwords: dict[str, str], campaign: str
) -> None:
    anna = PersonInBrowser(copy.address, computer.context, "anna", passwords["anna"])
    anna.log_in()
    anna.start_work(campaign)
    anna.context.set_offline(True)
    anna.face(3).click()
    anna.face(5).click()
    anna.face(5).click()
    expect(anna.page.locator(".saved")).to_have_text("Not saved yet")
    computer.kill_browser()
    assert stored(copy, campaign) == []

    # Whether a login outlives a crash is up to when the browser last wrote its cookies.
    computer.start().clear_cookies()
    ben = PersonInBrowser(copy.address, computer.context, "ben", passwords["ben"])
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "/api/leases/" in request.url:
            sent.append(request.url)

    ben.context.on("request", note)
    ben.log_in()
    ben.start_work(campaign)
    ben.open("/")
    expect(ben.page.get_by_role("heading", name="My campaigns")).to_be_visible()
    assert sent == []
    assert stored(copy, campaign) == []
    ben.page.get_by_role("button", name="Log out").click()

    again = PersonInBrowser(copy.address, computer.context, "anna", passwords["anna"])
    again.log_in()
    told = again.page.locator(".leftovers")
    expect(told).to_contain_text("3 labels that you made before are saved now.")
    said = ["anna incorrect False", "anna incorrect False", "anna unsure False"]
    assert stored(copy, campaign) == said
    again.open("/")
    again.page.locator(".campaign").filter(has_text=campaign).get_by_role(
        "link", name="Proofread"
    ).click()
    again.await_page()
    assert [again.label_of(index) for index in (3, 4, 5)] == ["incorrect", "correct", "unsure"]
    assert stored(copy, campaign) == said


def test_a_label_that_another_tab_has_changed_is_shown_with_both(
    anna: PersonInBrowser, campaign: str
) -> None:
    anna.start_work(campaign)
    other = anna.new_tab()
    other.goto(anna.page.url)
    other.locator(".tile__face").nth(0).click()
    expect(other.locator(".saved")).to_have_text("Saved")
    anna.page.bring_to_front()
    anna.face(0).focus()
    anna.page.keyboard.press("3")
    refused = anna.page.locator(".tile__refused")
    expect(refused).to_contain_text("Another tab said incorrect, you said unsure here.")
    assert anna.label_of(0) == "incorrect"
    refused.get_by_role("button", name="Set unsure").click()
    expect(refused).to_have_count(0)
    anna.expect_saved()
    anna.page.reload()
    anna.await_page()
    assert anna.label_of(0) == "unsure"


def test_steps_are_undone_and_a_submitted_page_is_changed(
    anna: PersonInBrowser, campaign: str, copy: Stack
) -> None:
    anna.start_work(campaign)
    press = anna.page.keyboard.press
    anna.face(0).click()
    anna.face(1).click()
    anna.face(1).click()
    press("Control+z")
    press("Control+z")
    assert [anna.label_of(n) for n in (0, 1)] == ["incorrect", "correct"]
    expect(anna.face(1)).to_be_focused()
    press("Control+Shift+z")
    assert anna.label_of(1) == "incorrect"
    anna.page.get_by_role("button", name="Undo").click()
    anna.expect_saved()
    anna.submit()

    anna.page.get_by_role("link", name="My pages").click()
    row = anna.page.locator(".my-pages tbody tr").first
    expect(row).to_contain_text("Page 1")
    expect(row.locator(".my-pages__count")).to_have_text(["5", "1", "0"])
    row.get_by_role("link", name="Look").click()
    anna.await_page()
    expect(anna.page.locator(".toolbar__why")).to_contain_text("what you change now counts")
    assert anna.label_of(0) == "incorrect"
    anna.face(0).click()
    anna.expect_saved()
    assert stored(copy, campaign)[-1] == "anna unsure False"
    anna.page.get_by_role("button", name="Next page").click()
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 2")
    assert anna.complaints == []


def test_a_page_is_skipped_with_a_reason(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    expect(anna.page.locator(".toolbar__why")).to_contain_text("next page in the order")
    anna.page.keyboard.press("k")
    dialog = anna.page.get_by_role("dialog", name="Skip this page?")
    expect(dialog.get_by_role("button", name="Skip page")).to_be_disabled()
    dialog.get_by_label("In your own words").fill("a fold runs through it")
    dialog.get_by_role("button", name="Skip page").click()
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 2")
    assert anna.complaints == []


TRAINING = """
from django.utils import timezone
from apps.accounts.models import User
from apps.datasets.models import Instance
from apps.datasets.selectors import find_table
from apps.proofreading.models import GoldPolicy
from apps.proofreading.services.campaigns import open_campaign, start_campaign
from apps.proofreading.services.gold import NewGold, add_gold
from apps.campaigns.models import Campaign
from apps.voxels.geometry import Point
people = {name: User.objects.get(username=name) for name in ("manager", "anna")}
table = find_table("Demo: phantom tissue")
c = open_campaign("Training", table, {people["manager"]: "manager", people["anna"]: "annotator"},
    page_size=6, crop=Point(96, 96, 8), as_draft=True)
instances = Instance.objects.filter(table=table).order_by("source_id")[:8]
gold = [NewGold("", i.source_id, "correct", "The vesicles are on the left.") for i in instances]
add_gold(c, gold, None, timezone.now())
GoldPolicy.objects.create(
    campaign=c, rate=0.25, floor=0.25, gives_feedback=True, training_items=5
)
Campaign.objects.filter(pk=c.pk).update(needs_training=True)
start_campaign(c, people["manager"], timezone.now())
"""


def test_training_comes_first_and_says_how_it_went(anna: PersonInBrowser, copy: Stack) -> None:
    copy.manage("shell", "--no-imports", "-c", TRAINING)
    anna.open("/")
    card = anna.page.locator(".campaign").filter(has_text="Training")
    expect(card.get_by_role("link", name="Proofread")).to_be_visible()
    anna.start_work("Training")
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Training")
    expect(anna.tiles).to_have_count(5)
    expect(anna.page.get_by_role("button", name="Skip")).to_be_disabled()
    anna.face(0).click()
    anna.page.get_by_role("button", name="Submit page").click()
    told = anna.page.locator(".told")
    expect(told).to_contain_text("4 of 5 right; you have passed the training.")
    expect(told).to_contain_text("you said incorrect; it is correct. The vesicles are on the left.")
    anna.await_page()
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 1 of")
    expect(anna.tiles).to_have_count(8)
    anna.page.keyboard.press("2")
    assert anna.label_of(0) == "incorrect", "what is told is in nobody's way"
    told.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    assert anna.complaints == []
