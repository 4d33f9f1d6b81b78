"""Where a mask is drawn: on what it marks, also where the image has other pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.datasets.gateways.precomputed_writer import write_precomputed
from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.support.volumes import write_table
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

SHOWN_PIXELS = 26  # of the image: 16 voxels of 8 nm are 25.6 pixels of 5 nm

# The single tile of the page, drawn as large as it is shown: first there was room for a whole page.
_LAID_OUT = """() => {
    const canvas = document.querySelector(".tile__canvas");
    const columns = document.querySelector(".tiles").style.getPropertyValue("--columns");
    return columns === "1" && Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) <= 1;
}"""

_EDGES = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const edges = (is) => {
        const xs = [], ys = [];
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
            const at = 4 * (y * width + x);
            if (is(data[at], data[at + 1], data[at + 2])) { xs.push(x); ys.push(y); }
        }
        const least = (list) => list.reduce((a, b) => Math.min(a, b), Infinity);
        const most = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);
        return [least(xs), least(ys), most(xs), most(ys)];
    };
    return {
        size: Math.min(width, height),
        bright: edges((red, green, blue) => green > 127),
        tinted: edges((red, green, blue) => red > green + 20 && blue > green + 20),
    };
}"""


def write_square(folder: Path, kind: str) -> str:
    """A volume of 320 nm a side with a square from 160 to 240 nm, as image or as mask."""
    if kind == "image":
        image = np.full((8, 64, 64), 40, np.uint8)
        image[:, 32:48, 32:48] = 230
        nm = (5.0, 5.0, 40.0)
        return write_precomputed(folder, image, kind="image", resolution_nm_xyz=nm, encoding="raw")
    labels = np.zeros((8, 40, 40), np.uint32)
    labels[:, 20:30, 20:30] = 1
    nm = (8.0, 8.0, 40.0)
    return write_precomputed(
        folder, labels, kind="segmentation", resolution_nm_xyz=nm, encoding="raw"
    )


def test_a_mask_covers_what_it_marks(door: Door, copy: Stack, tmp_path: Path) -> None:
    image = write_square(tmp_path / "image", "image")
    cleft = write_square(tmp_path / "cleft", "cleft")
    far = {f"{end}_pt_{axis}": 4 for end in ("pre", "post") for axis in "xyz"}
    centre = {"x": 24, "y": 24, "z": 4}
    row = {**far, **centre, "pre_neuron_id": 1, "post_neuron_id": 2}
    table = write_table(tmp_path / "synapses.csv", [row])
    copy.manage(
        "create_dataset", "square", "--image", image, "--cleft", cleft, "--table", str(table)
    )
    people = ("--manager", "manager", "--annotator", "anna")
    what = ("--dataset", "square", "--crop", "16", "16", "1")
    copy.manage("open_campaign", "Square", *what, *people, "--wait")
    anna = door.enter("anna")
    anna.start_work("Square")
    anna.page.wait_for_function(_LAID_OUT)
    canvas = anna.page.locator(".tile__canvas").first
    masked: dict[str, Any] = canvas.evaluate(_EDGES)
    anna.page.keyboard.press("q")
    wait_for(lambda: anna.pixels(0)["tinted"] == 0, "the overlay being put away")
    plain: dict[str, Any] = canvas.evaluate(_EDGES)
    pixel = plain["size"] / SHOWN_PIXELS
    gaps = [abs(a - b) for a, b in zip(masked["tinted"], plain["bright"], strict=True)]
    assert max(gaps) <= 0.2 * pixel + 1, (masked, plain)
