"""A synapse in detail, and a page of which not all can be shown, in front of a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from apps.datasets.gateways.precomputed_writer import write_precomputed
from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.support.volumes import write_table

pytestmark = pytest.mark.timeout(300)

NM = (4.0, 8.0, 40.0)  # pixels are twice as high as wide
DEPTH = 8

# Of a canvas: its proportions, and how many pixels have the colours of a marker, bright and muted.
_LOOK = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let bright = 0, muted = 0, gray = 0;
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
        if (green > 230 && red < 40 && blue < 40) bright += 1;
        else if (green > 180 && green < 245 && green > red + 8 && green > blue + 8) muted += 1;
        else if (red > 20 && Math.abs(red - green) < 5 && Math.abs(red - blue) < 5) gray += 1;
    }
    return { wide: width / height, bright: bright > 20, muted: muted > 30, gray: gray > 500 };
}"""


def make_campaign(copy: Stack, folder: Path) -> None:
    """Four synapses in a row along x, each in a chunk of its own; one chunk is missing, and one
    synapse has no mask."""
    ramp = np.indices((DEPTH, 64, 256))
    image = (60 + ramp[1] + ramp[2] % 50).astype(np.uint8)
    labels = np.zeros(image.shape, np.uint32)
    for number in (0, 1, 3):
        labels[2:6, 28:36, 64 * number + 24 : 64 * number + 40] = number + 1
    addresses = {
        name: write_precomputed(
            folder / name,
            array,
            kind="image" if name == "image" else "segmentation",
            resolution_nm_xyz=NM,
            encoding="raw",
        )
        for name, array in (("image", image), ("cleft", labels))
    }
    rows = [
        {
            **{"pre_pt_x": 64 * n + 24, "pre_pt_y": 32, "pre_pt_z": 2},
            **{"post_pt_x": 64 * n + 40, "post_pt_y": 32, "post_pt_z": 5},
            **{"x": 64 * n + 32, "y": 32, "z": 4},
            **{"pre_neuron_id": 2**60 + n, "post_neuron_id": 7, "score": n, "mood": 1},
        }
        for n in range(4)
    ]
    table = write_table(folder / "synapses.csv", rows)
    copy.manage(
        *("create_dataset", "row", "--image", addresses["image"], "--cleft", addresses["cleft"]),
        *("--table", str(table)),
    )
    for chunk in (folder / "image").glob("*/192-256_*"):
        chunk.unlink()
    people = ("--manager", "manager", "--annotator", "anna")
    what = ("--dataset", "row", "--crop", "48", "48", str(DEPTH - 2))
    copy.manage("open_campaign", "All in one line", *what, *people, "--wait")


def look_at_slices(anna: PersonInBrowser) -> None:
    """Each is as wide as it is in the tissue; the marker is bright on its slice alone."""
    canvases = anna.page.locator(".details__sheet canvas")
    expect(canvases).to_have_count(DEPTH - 2)
    anna.page.wait_for_function(
        f"""() => [...document.querySelectorAll(".details__sheet canvas")].every(
            (canvas) => ({_LOOK})(canvas).gray)"""
    )
    seen = [canvases.nth(index).evaluate(_LOOK) for index in range(DEPTH - 2)]
    assert [one["bright"] for one in seen] == [False, True, False, False, False, False]
    assert [one["muted"] for one in seen] == [True, False, True, True, True, True]
    assert all(abs(one["wide"] - NM[0] / NM[1]) < 0.02 for one in seen)
    bar = anna.page.locator(".details__bar").first
    length_nm = float(bar.inner_text().removesuffix(" nm"))
    bar_px, canvas_px = (
        one.evaluate("(element) => element.getBoundingClientRect().width")
        for one in (bar.locator("i"), canvases.first)
    )
    assert abs(bar_px / canvas_px * 48 * NM[0] - length_nm) < 0.02 * length_nm


def step_one_by_one(anna: PersonInBrowser) -> None:
    page = anna.page
    page.keyboard.press("a")
    alone = page.locator(".details__frame canvas")
    place = page.locator(".details__stepper .details__caption")
    expect(place).to_contain_text("4/6")
    page.keyboard.press(".")
    expect(place).to_contain_text(re.compile(r"5/6 \+40 nm\s+post"))
    alone.hover()
    for _ in range(3):
        page.mouse.wheel(0, -120)
    expect(place).to_contain_text("2/6")
    page.wait_for_function(f"(canvas) => ({_LOOK})(canvas).bright", arg=alone.element_handle())


def test_a_synapse_in_detail_and_one_that_cannot_be_judged(
    door: Door, copy: Stack, tmp_path: Path
) -> None:
    make_campaign(copy, tmp_path)
    anna = door.enter("anna", width=1280, height=800)
    anna.enter_grid("All in one line")
    page, window = anna.page, anna.page.locator(".details")
    expect(page.locator(".tile[data-status=ready] .tile__slice")).to_have_count(3)
    page.locator(".tile__face").first.click(button="right")
    expect(window.get_by_role("heading")).to_have_text("Synapse 1 of 4")
    expect(window).to_contain_text(str(2**60))
    expect(window).to_contain_text("130, 260, 180 nm")
    look_at_slices(anna)
    step_one_by_one(anna)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    window.get_by_label("Note").fill("two of them")
    window.get_by_role("button", name="Next").click()
    expect(window).to_contain_text("There is no mask: the cleft volume has no label here.")
    page.keyboard.press("ArrowRight")
    expect(window).to_contain_text("cannot be read: a part of it is not stored")
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    assert [anna.label_of(index) for index in range(4)] == [
        *("correct", "incorrect", "correct", "unsure")
    ]
    assert "two of them" in (anna.face(1).get_attribute("aria-label") or "")
    button = anna.tiles.nth(3).get_by_role("button", name="Cannot be judged", exact=True)
    expect(button).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("4")
    expect(button).to_have_attribute("aria-pressed", "true")
    anna.expect_saved()
    page.get_by_role("button", name="Submit page").click()
    page.wait_for_url("**/finished/")
    assert anna.complaints == []
