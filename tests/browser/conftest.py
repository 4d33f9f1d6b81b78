"""A whole running copy with a small demonstration, and a real browser in front of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from synanno_server.local.stack import Stack, running_stack
from tests.browser.people import PersonInBrowser
from tests.support.homes import HomesWithTables

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # WebGL without a graphics card, for Neuroglancer.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)

Scheme = Literal["light", "dark"]

# Where everybody lives: far from UTC, and not by whole hours.
ZONE = "Asia/Kathmandu"

# A browser, a server and other tests share two cores: how long a thing takes is not what is tested.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no chromium on the PATH (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def copy(
    tmp_path_factory: pytest.TempPathFactory, homes_with_tables: HomesWithTables, browser: Browser
) -> Iterator[Stack]:
    """A running copy. It comes after the browser: without one it need not start."""
    home = homes_with_tables.make(tmp_path_factory.mktemp("copy") / "home")
    with running_stack(home) as stack:
        yield stack


@pytest.fixture(scope="session")
def passwords(copy: Stack) -> dict[str, str]:
    """The people of a small demonstration; olga, who takes part in nothing; and vera, who may be
    let look on."""
    lines = copy.manage("make_demo", "--size", "small", "--json").splitlines()
    logins = {login["username"]: login["password"] for login in json.loads(lines[-1])["logins"]}
    others = {"olga": "glia-and-astrocytes", "vera": "vesicles-and-clefts"}
    copy.manage(
        *("shell", "--no-imports", "-c"),
        "from apps.accounts.models import User\n"
        f"for name, password in {others!r}.items():\n"
        "    User.objects.create_user(name, password=password)",
    )
    return logins | others


_numbers = count(1)


@pytest.fixture
def campaign(copy: Stack, passwords: dict[str, str]) -> str:
    """The name of a campaign of this test alone, open, with pages of six."""
    name = f"Browser test {next(_numbers)}"
    people = ("--manager", "manager", "--annotator", "anna", "--annotator", "ben")
    table = ("--dataset", "Demo: phantom tissue", "--table", "synapses")
    what = (*table, "--page-size", "6", "--crop", "96", "96", "8")
    copy.manage("open_campaign", name, *what, *people, "--instructions", "Look hard.", "--wait")
    return name


class Door:
    """Lets people in; their windows close at the end of the test."""

    def __init__(
        self, browser: Browser, address: str, passwords: dict[str, str], windows: ExitStack
    ) -> None:
        self._browser = browser
        self._address = address
        self._passwords = passwords
        self._windows = windows

    def enter(
        self, username: str, *, width: int = 1440, height: int = 900, scheme: Scheme = "light"
    ) -> PersonInBrowser:
        """A person who has just logged in, in a window of their own."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id=ZONE
        )
        self._windows.callback(context.close)
        person = PersonInBrowser(self._address, context, username, self._passwords[username])
        person.log_in()
        return person


@pytest.fixture
def door(browser: Browser, copy: Stack, passwords: dict[str, str]) -> Iterator[Door]:
    with ExitStack() as windows:
        yield Door(browser, copy.address, passwords, windows)


@pytest.fixture
def anna(door: Door) -> PersonInBrowser:
    return door.enter("anna")
