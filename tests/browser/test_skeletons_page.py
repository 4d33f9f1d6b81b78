"""A manager sends skeletons in the browser and tries one neuron."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.people import LONG_MS
from tests.browser.test_looks import look_at
from tests.support.skeletons import FORK_SWC

pytestmark = pytest.mark.timeout(300)


def archive(content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("7.swc", content)
    return out.getvalue()


def test_skeletons_are_sent_and_tried(door: Door) -> None:
    page = door.enter("manager", width=1280).page
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Datasets").click()
    page.get_by_role("link", name="Where they come from").first.click()
    expect(page.get_by_text("Nobody has said it")).to_be_visible()
    page.wait_for_load_state()  # what sends forms is there
    sent = page.get_by_label("A zip archive")
    wrong = {"name": "s.zip", "mimeType": "application/zip", "buffer": archive("1 1 0 0 0")}
    sent.set_input_files(wrong)  # type: ignore[arg-type]
    page.get_by_role("button", name="Send the files").click()
    expect(page.get_by_text("7.swc, line 1")).to_be_visible(timeout=LONG_MS)
    sent.set_input_files(wrong | {"buffer": archive(FORK_SWC)})  # type: ignore[arg-type]
    page.get_by_role("button", name="Send the files").click()
    expect(page.get_by_text("From 1 SWC file that was sent")).to_be_visible(timeout=LONG_MS)
    page.wait_for_load_state()
    page.get_by_label("Root id").fill("7")
    page.get_by_role("button", name="Try").click()
    found = "Neuron 7: 6 vertices, 60 µm, the soma is known."
    expect(page.get_by_text(found)).to_be_visible(timeout=LONG_MS)
    look_at(page)
    page.get_by_label("Root id").fill("8")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("there is no 8.swc")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Forget this source").click()
    expect(page.get_by_text("Nobody has said it")).to_be_visible(timeout=LONG_MS)
