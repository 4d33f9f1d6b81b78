"""Neuroglancer in a real browser: what is seen is looked at, pixel by pixel."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Frame, Page, expect

from apps.datasets.gateways.precomputed_writer import Kind, write_precomputed
from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.support.volumes import write_table
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

READY = """() => {
    const { viewer } = window;
    const layers = viewer?.layerManager.managedLayers ?? [];
    const isThere = ({ loadState }) => loadState !== undefined;
    const areThere = layers.every(({ layer }) => layer?.dataSources.every(isThere));
    return layers.length > 0 && areThere && viewer.isReady();
}"""
_STATE = "() => JSON.parse(JSON.stringify(window.viewer.state.toJSON()))"
_PICTURE = """() => {
    const { display } = window.viewer;
    display.draw();  // in the same turn: what is drawn is kept no longer
    const picture = display.canvas.toDataURL("image/png").split(",")[1];
    const whole = display.canvas.getBoundingClientRect();
    const panel = document.querySelector(".neuroglancer-rendered-data-panel");
    const part = panel.getBoundingClientRect();
    const scale = display.canvas.width / whole.width;
    const edges = [part.left - whole.left, part.top - whole.top, part.width, part.height];
    return [picture, edges.map((edge) => Math.round(edge * scale))];
}"""


def open_viewer(person: PersonInBrowser) -> Frame:
    """Open the outlined synapse; its frame, once all is drawn."""
    person.page.keyboard.press("n")
    return viewer_of(person)


def viewer_of(person: PersonInBrowser) -> Frame:
    frame = frame_of(person)
    frame.wait_for_function(READY)
    return frame


def frame_of(person: PersonInBrowser) -> Frame:
    frame = person.page.locator("iframe.viewer__frame").element_handle().content_frame()
    assert frame is not None
    return frame


def first_panel(frame: Frame | Page) -> npt.NDArray[np.int64]:
    """What Neuroglancer has drawn in its panel of x and y, `(y, x, rgb)`."""
    content, (left, top, width, height) = frame.evaluate(_PICTURE)
    whole = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
    return np.asarray(whole.crop((left, top, left + width, top + height)), np.int64)


def names(frame: Frame | Page) -> list[str]:
    return [layer["name"] for layer in frame.evaluate(_STATE)["layers"]]


def test_an_instance_is_seen_with_image_mask_and_neurons(door: Door, campaign: str) -> None:
    anna = door.enter("anna")
    asked: list[str] = []
    anna.page.on("request", lambda request: asked.append(request.url))
    anna.start_work(campaign)
    anna.page.keyboard.press("ArrowRight")
    anna.page.keyboard.press("2")
    frame = open_viewer(anna)
    pixels = first_panel(frame)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    spread = pixels.max(axis=-1) - pixels.min(axis=-1)
    assert len(np.unique(green[spread < 4])) > 60  # shades of an image, not of a surface
    assert np.count_nonzero((red > green + 40) & (blue > green + 40)) > 100  # the mask
    assert np.count_nonzero((green > red + 8) & (green > blue + 8)) > 1000  # one neuron
    assert np.count_nonzero((blue > red + 8) & (blue > green + 4) & (red <= green + 8)) > 1000
    middle = pixels[pixels.shape[0] // 2 - 40 :, pixels.shape[1] // 2 - 40 :][:80, :80]
    assert np.count_nonzero(middle[..., 0] > middle[..., 1] + 40) > 20  # where the synapse is
    assert names(frame) == [
        *("image", "neurons", "clefts", "presynaptic points", "postsynaptic points")
    ]
    assert len(frame.evaluate(_STATE)["layers"][1]["segments"]) == 2
    assert all(url.startswith((anna.address, "data:", "blob:")) for url in asked), "offline"

    anna.page.keyboard.press("Escape")
    expect(anna.page.locator("dialog.viewer")).to_be_hidden()
    expect(anna.face(1)).to_be_focused()
    assert [anna.label_of(index) for index in range(3)] == ["correct", "incorrect", "correct"]
    anna.page.keyboard.press("3")
    assert anna.label_of(1) == "unsure"
    anna.expect_saved()
    assert anna.complaints == []


def test_reset_view_comes_back_and_a_link_shows_the_same(door: Door, campaign: str) -> None:
    anna = door.enter("anna")
    anna.start_work(campaign)
    anna.tiles.nth(2).hover()
    anna.page.locator(".tile__viewer").nth(2).click()
    frame = viewer_of(anna)
    before = frame.evaluate(_STATE)
    remove = "() => viewer.layerManager.removeManagedLayer(viewer.layerManager.managedLayers[1])"
    frame.evaluate(remove)  # as if it got lost: nobody has touched anything
    wait_for(lambda: names(frame) == [one["name"] for one in before["layers"]], "the lost layer")
    frame.locator("body").press("Shift")  # from here on it is the person who changes things
    moved = [at + 9 for at in before["position"]]
    frame.evaluate("(position) => viewer.state.restoreState({ position, layout: 'xy' })", moved)
    frame.evaluate(remove)
    assert frame.evaluate(_STATE)["position"] == moved
    link = frame.evaluate("() => keptView.link(location)")

    frame.get_by_role("button", name="Reset view").click()
    frame.wait_for_function(READY)
    after = frame.evaluate(_STATE)
    for part in ("position", "layout", "crossSectionScale"):
        assert after[part] == before[part]
    assert [one["name"] for one in after["layers"]] == [one["name"] for one in before["layers"]]

    anna.context.grant_permissions(["clipboard-read", "clipboard-write"])
    frame.get_by_role("button", name="Copy link").click()
    expect(frame.locator("#viewer-news")).to_contain_text("copied")
    copied = anna.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(urljoin(anna.address, "/neuroglancer/#!"))

    ben = door.enter("ben")
    ben.page.goto(link)
    ben.page.wait_for_function(READY)
    shared = ben.page.evaluate(_STATE)
    assert shared["position"] == moved
    assert len(shared["layers"]) == len(before["layers"]) - 1
    assert ben.complaints == []

    olga = door.enter("olga")  # takes part in nothing
    olga.page.goto(copied)
    told = olga.page.locator("#viewer-troubles")
    expect(told).to_contain_text("image: The volume at")
    expect(told).to_contain_text("you take part in no campaign of it (404)")


def write_turned(folder: Path) -> tuple[str, str]:
    """Volumes stored as z, y, x: an image that is bright where x is large, and labels where y is.

    Sizes along x, y, z: 96, 64, 24 voxels of 8, 8, 40 nm.
    """
    image = np.full((24, 64, 96), 40, np.uint8)  # z, y, x
    image[:, :, 48:] = 220
    labels = np.zeros((24, 64, 96), np.uint32)
    labels[:, 32:, :] = 5
    stored_nm = (40.0, 8.0, 8.0)

    def write(name: str, kind: Kind, array: npt.NDArray[Any]) -> str:
        turned = np.ascontiguousarray(array.transpose(2, 1, 0))  # what is stored as x is z
        return write_precomputed(
            folder / name, turned, kind=kind, resolution_nm_xyz=stored_nm, encoding="raw"
        )

    return write("image", "image", image), write("cleft", "segmentation", labels)


def test_axes_stored_in_another_order_and_what_is_not_there(
    door: Door, copy: Stack, tmp_path: Path
) -> None:
    """The image is bright to the right and the labels lie below, as if stored as x, y, z."""
    image, cleft = write_turned(tmp_path)
    points = {f"{end}_pt_{axis}": 2 for end in ("pre", "post") for axis in "xyz"}
    row = {"x": 48, "y": 32, "z": 12, **points, "pre_neuron_id": 1, "post_neuron_id": 2}
    table = write_table(tmp_path / "synapses.csv", [row])
    orders = ("--image-axis-order", "zyx", "--cleft-axis-order", "zyx")
    where = ("--image", image, "--cleft", cleft, "--table", str(table))
    copy.manage("create_dataset", "turned", *where, *orders)
    people = ("--manager", "manager", "--annotator", "anna")
    copy.manage(
        "open_campaign", "Turned", "--dataset", "turned", "--crop", "48", "48", "4", *people
    )
    anna = door.enter("anna")
    anna.start_work("Turned")
    frame = open_viewer(anna)
    assert frame.evaluate(_STATE)["position"] == [48.5, 32.5, 12.5]
    panel = first_panel(frame)
    y, x = panel.shape[0] // 2, panel.shape[1] // 2
    left, right = panel[y - 60 : y - 20, x - 60 : x - 20], panel[y - 60 : y - 20, x + 20 : x + 60]
    assert left.mean() == pytest.approx(40, abs=8)
    assert right.mean() == pytest.approx(220, abs=8)
    below = panel[y + 20 : y + 60, x - 60 : x - 20]
    assert (below[..., 0] > below[..., 1] + 40).mean() > 0.95
    assert anna.complaints == []
    link = frame.evaluate("() => keptView.link(location)")

    anna.page.keyboard.press("Escape")
    expect(anna.face(0)).to_be_focused()
    Path(cleft.split("file://")[1], "info").unlink()
    anna.page.keyboard.press("n")
    frame = frame_of(anna)
    expect(frame.locator("#viewer-troubles")).to_contain_text("clefts: The volume at")
    wait_for(lambda: first_panel(frame).max() > 200, "the image, which is there all the same")
    anna.page.keyboard.press("Escape")
    expect(anna.face(0)).to_be_focused()

    for chunk in Path(image.split("file://")[1]).glob("*/*-*_*-*_*-*"):
        chunk.unlink()
    manager = door.enter("manager")  # whose browser has kept no chunk
    manager.page.goto(link)
    told = manager.page.locator("#viewer-troubles")
    expect(told).to_contain_text(re.compile(r"image: (One part|\d+ parts) of the volume cannot be"))


def test_a_volume_that_refuses_the_browser_is_named(door: Door, copy: Stack) -> None:
    anna = door.enter("anna")
    layers = [{"type": "image", "name": "image", "source": "precomputed://http://127.0.0.1:9/em"}]
    anna.open("/neuroglancer/#!" + quote(json.dumps({"layers": layers})))
    expect(anna.page.locator("#viewer-troubles")).to_contain_text("does not answer")
