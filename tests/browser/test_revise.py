"""An instance is revised: drawn on, its points set, a proposal accepted, finished; and what is
stored is what was shown."""

from __future__ import annotations

import math
import re
from urllib.parse import urljoin

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import PersonInBrowser
from tests.browser.revising import RevisingPage, brushed, curved

pytestmark = pytest.mark.timeout(300)


def circle(x: float, y: float, radius: float, count: int = 32) -> list[tuple[float, float]]:
    angles = [2 * math.pi * k / count for k in range(count)]
    return [(x + radius * math.cos(one), y + radius * math.sin(one)) for one in angles]


def call_some_wrong(anna: PersonInBrowser, campaign: str) -> str:
    """Two synapses of a page are incorrect; the address where they are revised."""
    anna.start_work(campaign)
    work = anna.page.url.partition("?")[0]
    anna.face(0).click()
    anna.face(2).click()
    anna.submit()
    return urljoin(work, "revise")


def test_an_instance_is_drawn_on_and_finished(anna: PersonInBrowser, campaign: str) -> None:
    address = call_some_wrong(anna, campaign)
    page = anna.page
    revise = RevisingPage(page)
    revise.open(address)
    first = revise.revised["id"]
    middle = revise.z

    # A curve around a place, filled instead of the mask that is there, and a hole in it.
    revise.drag(*circle(40, 45, 15), (55, 45))
    revise.press("]", "Shift+R", "t")
    revise.drag((40, 45), (44, 45))
    revise.press("y")
    revise.expect_saved()
    drawn = revise.stored(middle)
    assert drawn is not None
    assert drawn[45, 30]
    assert not drawn[45, 42]
    assert abs(drawn.sum() - (math.pi * 15**2 - 100)) < 60

    # Both points, on other slices.
    revise.press(".", "q")
    revise.click((-5, 30))
    expect(page.locator(".stage__told")).to_contain_text("no image at this place")
    revise.click((30, 30))
    revise.press(",", ",", "w")
    revise.click((60, 52))
    revise.expect_saved()
    easel = revise.easel()
    pre, post = (easel["markers"][side]["nm"] for side in ("pre", "post"))
    assert [pre[2], post[2]] == [(middle + 1.5) * 32, (middle - 0.5) * 32]
    assert abs(pre[0] / 8 - easel["box"]["lo"][0] - 30) < 1

    # The network is lost in the middle of a stroke; one draws on.
    revise.press(".", "b")
    page.mouse.move(*revise.at(60, 60))
    page.mouse.down()
    page.mouse.move(*revise.at(70, 60))
    anna.context.set_offline(True)
    page.mouse.move(*revise.at(70, 68))
    page.mouse.up()
    expect(page.locator(".saved")).to_have_text("1 not saved yet")
    revise.press(".", ".")
    revise.drag((60, 60), (70, 60), (70, 68))
    expect(page.locator(".saved")).to_have_text("2 not saved yet")
    anna.context.set_offline(False)
    revise.expect_saved()
    page.reload()
    revise.await_picture()
    both = revise.stored(middle)
    assert both is not None
    assert both[64, 70]
    assert (both | drawn == both).all()
    assert revise.stored(middle + 2) is not None

    # At least the slice between the two is proposed; slices are decided on one by one.
    revise.press("u")
    deciding = page.locator("section").filter(has=page.get_by_role("heading", name="Through depth"))
    expect(deciding).to_contain_text("proposed")
    revise.press(".")
    z = revise.z
    expect(deciding.get_by_role("button", name="Accept", exact=True)).to_be_enabled()
    revise.press("a")
    accepted = page.get_by_role("button", name=re.compile(r"^Slice \d+ of \d+.* accepted$"))
    expect(accepted).to_have_count(1)
    assert revise.stored(z) is not None
    revise.press("Control+Z")
    expect(accepted).to_have_count(0)
    assert revise.stored(z) is None
    revise.press("Control+Shift+Z")
    expect(accepted).to_have_count(1)
    revise.press(".", "d", "Shift+D")
    expect(deciding).not_to_contain_text("proposed")

    # It is finished; the next one follows by itself.
    revise.finish("drawn anew")
    assert revise.revised["id"] != first
    assert [said for said in anna.complaints if "ERR_INTERNET" not in said] == []


def test_two_tabs_draw_on_one_instance(anna: PersonInBrowser, campaign: str) -> None:
    address = call_some_wrong(anna, campaign)
    here, there = RevisingPage(anna.page), RevisingPage(anna.new_tab())
    here.open(address)
    here.press("Delete", "b")
    here.drag((40, 40), (50, 40))
    here.press("y")
    here.expect_saved()
    there.open(address)
    z = there.z
    here.page.bring_to_front()
    here.drag((40, 50), (50, 50))
    here.press("y")
    here.expect_saved()
    second = here.stored(z)
    number = next(one["number"] for one in here.easel()["slices"] if one["z"] == z)
    assert second is not None

    # The other tab has not seen that. It says whose slice stays.
    there.page.bring_to_front()
    there.press("b")
    there.drag((40, 60), (50, 60))
    there.press("y")
    clash = there.page.get_by_role("alert").filter(has_text="You saved this slice in another tab")
    clash.get_by_role("button", name="Save mine as a new version").click()
    there.expect_saved()
    mine = there.stored(z)
    assert mine is not None
    assert (mine[60, 45], mine[50, 45], mine[40, 45]) == (True, False, True)

    # The first one sees it among the versions, and has its own again.
    here.page.bring_to_front()
    here.press("v")
    versions = here.page.get_by_role("dialog", name=re.compile("Versions of slice"))
    expect(versions.get_by_role("listitem").nth(0)).to_contain_text("holds now")
    expect(versions.get_by_role("listitem").nth(1)).to_contain_text("Kept beside")  # what clashed
    expect(versions.get_by_role("listitem").last).to_contain_text("As in the volume")
    versions.get_by_role("button", name=f"Restore: Version {number}", exact=True).click()
    expect(versions).to_be_hidden()
    restored = here.stored(z)
    assert restored is not None
    assert (restored == second).all()

    # A slice that the other tab drew on stays when all that is proposed is accepted.
    here.press(".", ".")
    here.drag((40, 40), (50, 40), (50, 50))
    here.press("y")
    here.expect_saved()
    here.press("u")
    between = here.page.get_by_role("button", name=re.compile(r"^Slice \d+ of \d+.* proposed$"))
    expect(between).not_to_have_count(0)
    there.page.bring_to_front()
    there.press(".")
    there.drag((20, 20), (30, 20))
    there.press("y")
    there.expect_saved()
    here.page.bring_to_front()
    here.press("Shift+A")
    told = here.page.get_by_role("alert").filter(has_text="Another version is newer")
    told.get_by_role("button", name="Close").click()
    expect(between).to_have_count(0)
    here.press(",")
    here.drag((20, 30), (30, 30))
    here.press("y")
    here.expect_saved()
    both = here.stored(z + 1)
    assert both is not None
    assert both[20, 25]
    assert both[30, 25]
    expect(here.page.locator(".stage__clash")).to_have_count(0)


def test_what_is_stored_is_what_was_shown(
    anna: PersonInBrowser, campaign: str, browser: Browser
) -> None:
    address = call_some_wrong(anna, campaign)
    RevisingPage(anna.page).open(address)
    cookies = anna.context.storage_state()
    for index, (ratio, width) in enumerate([(1.0, 1280), (1.5, 1111), (2.0, 1024)]):
        context = browser.new_context(
            storage_state=cookies,
            viewport={"width": width, "height": 777},
            device_scale_factor=ratio,
        )
        revise = RevisingPage(context.new_page())
        revise.open(address)
        revise.press(*["+"] * 6, "p", "o", "b", *["["] * 6)  # bare voxels; a brush of one voxel
        expect(revise.page.locator(".slider__percent")).to_have_text("100 %")
        revise.press("Home", *["PageDown"] * index)
        draw_shapes(revise, index)
        context.close()


def draw_shapes(revise: RevisingPage, index: int) -> None:
    """Shapes at three zooms on a slice: after each, canvas, store and what is expected agree."""
    box = revise.easel()["box"]
    shape = (box["hi"][1] - box["lo"][1], box["hi"][0] - box["lo"][0])
    revise.press("Delete")
    expected = np.zeros(shape, bool)
    unsure = np.zeros(shape, bool)
    for zoom in range(3):
        way = revise.drag((30 + 9 * zoom, 30), (41, 33 + 7 * zoom), (62, 36.5 + zoom))
        expected |= brushed(shape, way, 1)
        revise.press(*["]"] * (3 + index))
        way = revise.drag((40, 40 + 8 * zoom), (47, 44 + 6 * zoom))
        expected |= brushed(shape, way, 4 + index)
        revise.press(*["["] * (3 + index), "t")  # the eraser as it comes
        erased = brushed(shape, revise.drag((36, 31), (45, 35 + 5 * zoom)), 9)
        expected &= ~erased
        unsure &= ~erased
        revise.press("e")
        corners = [(50.2, 28.1 + 3 * zoom), (60.7, 33.3), (58.5, 45.9 + zoom), (48.9, 41.4)]
        points = revise.click(*corners)
        points[2] = revise.drag(points[2], (56.3, 47.2 + zoom))[-1]
        inside, near = curved(shape, points)
        revise.press("r", "b")
        expected |= inside
        unsure |= near
        shown = revise.shown(shape)
        revise.press("y")
        revise.expect_saved()
        stored = revise.stored(revise.z)
        assert stored is not None
        in_sight = np.zeros(shape, bool)
        in_sight[25:60, 25:65] = True
        where = f"zoom {zoom}, {revise.place()}"
        assert np.argwhere((shown != stored) & in_sight).tolist() == [], where
        assert np.argwhere((stored & ~expected) & ~unsure).tolist() == [], where
        assert np.argwhere((expected & ~stored) & ~unsure).tolist() == [], where
        revise.zoom_at(48, 44, 110 + 37 * index)
