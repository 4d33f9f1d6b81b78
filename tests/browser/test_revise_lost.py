"""Answers that never come, a browser that keeps nothing, and voxels that are no squares: nothing is
lost on the page where instances are revised, nothing happens twice, and what is stored was seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect
from scipy.ndimage import binary_fill_holes

from apps.datasets.gateways.precomputed_writer import write_precomputed
from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.browser.revising import RevisingPage, brushed, curved
from tests.browser.test_revise import call_some_wrong
from tests.support.volumes import write_table

pytestmark = pytest.mark.timeout(300)

CLEFT_NM, IMAGE_NM = (8.0, 12.0, 40.0), (4.0, 12.0, 40.0)  # x, y, z
ASPECT = CLEFT_NM[1] / CLEFT_NM[0]


def lose_the_answer(page: Page, address: str) -> list[str]:
    """The first request there arrives and its answer does not; what the server said each time."""
    answers: list[str] = []

    def pass_on(route: Route) -> None:
        answers.append(route.fetch().text())
        if len(answers) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(body=answers[-1], content_type="application/json")

    page.route(address, pass_on)
    return answers


def keep_nothing(page: Page) -> None:
    """There is no room left for what this browser keeps."""
    page.evaluate(
        """() => {
            IDBObjectStore.prototype.put = () => {
                throw new DOMException("There is no room left.", "QuotaExceededError");
            };
        }"""
    )


def decided(copy: Stack, revision: int) -> str:
    """What was decided of a revision, and how often somebody finished with it."""
    script = (
        "from apps.revision.models import Revision\n"
        f"one = Revision.objects.get(pk={revision})\n"
        "print(one.decision, one.note, one.leases.filter(ending='finished').count())"
    )
    return copy.manage("shell", "--no-imports", "-c", script).strip().splitlines()[-1]


def test_nothing_is_lost_or_done_twice(anna: PersonInBrowser, campaign: str, copy: Stack) -> None:
    address = call_some_wrong(anna, campaign)
    page = anna.page
    revise = RevisingPage(page)
    revise.open(address)
    first = revise.revised["id"]
    revise.press("b")
    revise.drag((40, 40), (50, 40))

    # It is finished, and nobody hears of it: said again, it is finished once.
    answers = lose_the_answer(page, "**/finish")
    revise.press("f")
    dialog = page.get_by_role("dialog", name="What is it now?")
    dialog.get_by_label("Note").fill("wider")
    finish = dialog.get_by_role("button", name="Finish")
    finish.click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be reached")
    with page.expect_response("**/revisions/lease"):
        finish.click()
    expect(dialog).to_be_hidden()
    revise.await_picture()
    assert revise.revised["id"] != first
    assert answers == ['{"finished":true}'] * 2
    assert decided(copy, first) == "mended wider 1"

    # Without a network, and without room in the browser, it says that only the page has it.
    keep_nothing(page)
    anna.context.set_offline(True)
    revise.press("b")
    revise.drag((30, 60), (60, 60))
    saved = page.locator(".saved")
    expect(saved).to_have_text(
        "1 not saved yet, and this browser keeps nothing: do not close the page"
    )
    anna.context.set_offline(False)
    revise.expect_saved()
    stored = revise.stored(revise.z)
    assert stored is not None
    assert stored[60, 30:60].all()


@pytest.fixture
def flat(copy: Stack, passwords: dict[str, str], tmp_path: Path) -> str:
    """A campaign over voxels that are higher than wide, whose image is finer in x alone."""
    rng = np.random.default_rng(7)
    image = rng.integers(60, 180, (16, 64, 144), dtype=np.uint8)
    labels = np.zeros((16, 64, 72), np.uint32)
    labels[6:10, 28:34, 30:42] = 1
    above = write_precomputed(
        tmp_path / "image", image, kind="image", resolution_nm_xyz=IMAGE_NM, encoding="raw"
    )
    below = write_precomputed(
        tmp_path / "cleft", labels, kind="segmentation", resolution_nm_xyz=CLEFT_NM, encoding="raw"
    )
    ends = {"pre_pt": (36, 24, 8), "post_pt": (36, 38, 8)}
    row = {
        f"{end}_{axis}": at for end, p in ends.items() for axis, at in zip("xyz", p, strict=True)
    }
    row |= {"x": 36, "y": 31, "z": 8, "pre_neuron_id": 1, "post_neuron_id": 2}
    table = write_table(tmp_path / "synapses.csv", [row])
    what = ("--image", above, "--cleft", below, "--table", str(table))
    copy.manage("create_dataset", "flat", *what)
    people = ("--manager", "manager", "--annotator", "anna")
    size = ("--crop", "64", "48", "8")
    copy.manage("open_campaign", "Flat", "--dataset", "flat", *size, *people, "--wait")
    return "Flat"


def test_voxels_that_are_no_squares_are_stored_as_they_were_shown(door: Door, flat: str) -> None:
    anna = door.enter("anna", width=1111, height=777)
    anna.start_work(flat)
    address = anna.page.url.partition("?")[0].removesuffix("work").rstrip("/")
    anna.face(0).click()
    anna.submit()
    revise = RevisingPage(anna.page)
    revise.open(f"{address}/revise")
    _, _, scale, scale_y = revise.place()
    assert scale_y == pytest.approx(ASPECT * scale)
    revise.press(*["+"] * 6, "p", "o", "b", *["["] * 6, *["]"] * 4)
    shape = revise.shape
    for zoom in range(2):
        revise.press("Delete", "b")
        # A ring, whose hole is filled with a click, and a curve beside it.
        ring = [(20 + zoom, 10), (32, 10), (32, 22), (20 + zoom, 22), (20 + zoom, 10)]
        expected = binary_fill_holes(brushed(shape, revise.drag(*ring), 5, ASPECT))
        revise.press("r")
        revise.click((26, 16))
        revise.press("e")
        points = revise.click((44.2, 12.1), (55.7, 15.3 + zoom), (52.5, 27.9), (43.9, 22.4))
        inside, near = curved(shape, points)
        revise.press("r", "b")
        expected |= inside
        shown = revise.shown(shape)
        revise.press("y")
        revise.expect_saved()
        stored = revise.stored(revise.z)
        assert stored is not None
        in_sight = np.zeros(shape, bool)
        in_sight[8:30, 18:60] = True
        assert np.argwhere((shown != stored) & in_sight).tolist() == []
        assert np.argwhere((stored != expected) & ~near).tolist() == []
        revise.zoom_at(38, 18, 120)
    assert anna.complaints == []
