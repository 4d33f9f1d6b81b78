"""What a person does on the page where instances are revised, and what is seen and stored there."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Locator, Page, Response, expect

Mask = npt.NDArray[np.bool_]
Place = tuple[float, float]

_LEASE = re.compile(r"/revisions/lease$")

_PIXELS = """(canvas) => {
    const { data, width, height } =
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Uint8Array(width * height);
    for (let at = 0; at < seen.length; at += 1) {
        const [red, green, blue] = data.subarray(4 * at, 4 * at + 3);
        seen[at] = red === 255 && green === 0 && blue === 255 ? 1 : 0;
    }
    const runs = [];
    let label = 0, length = 0;
    for (const each of seen) {
        if (each !== label) { runs.push(length); label = each; length = 0; }
        length += 1;
    }
    runs.push(length);
    return { width, height, runs };
}"""


class RevisingPage:
    """The page in a tab; places are in voxels of the slice, from its corner."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._revised: dict[str, Any] | None = None
        page.on("response", self._note)

    def open(self, address: str) -> None:
        """Go there, and look again until something has come that is to be revised."""
        self.page.goto(address)
        self.close_help()
        again = self.page.get_by_role("button", name="Look again")
        picture = self.page.locator(".stage__below[data-place]")
        for _ in range(600):  # settling is a job of its own
            expect(again.or_(picture).first).to_be_visible()
            if picture.count():
                break
            with self.page.expect_response(_LEASE):
                again.click()
        self.await_picture()

    def close_help(self) -> None:
        """It opens by itself the first time, with the page."""
        expect(self.page.locator(".revise-bar")).to_be_visible()
        help_window = self.page.get_by_role("dialog", name="Help")
        if help_window.is_visible():
            expect(help_window.get_by_role("heading", name="The keys that matter")).to_be_visible()
            self.press("Escape")
            expect(help_window).to_be_hidden()

    def await_picture(self) -> None:
        expect(self.page.locator(".stage__below[data-place]")).to_be_visible()

    def _note(self, response: Response) -> None:
        if _LEASE.search(response.url) and response.ok:
            self._revised = response.json()["revision"]

    @property
    def revised(self) -> dict[str, Any]:
        assert self._revised is not None
        return self._revised

    def easel(self) -> dict[str, Any]:
        """All that is stored, as the server tells it."""
        answer = self.page.request.get(self._absolute(self.revised["urls"]["easel"]))
        assert answer.ok
        told: dict[str, Any] = answer.json()
        return told

    def _absolute(self, path: str) -> str:
        return re.sub(r"(https?://[^/]+)/.*", r"\1", self.page.url) + path

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def z(self) -> int:
        return int(self.page.locator(".stage__below").get_attribute("data-z") or "")

    @property
    def picture(self) -> Locator:
        return self.page.locator(".stage__above")

    def finish(self, note: str) -> None:
        """Say that it is right now; the next one comes."""
        self.press("f")
        dialog = self.page.get_by_role("dialog", name="What is it now?")
        expect(dialog.get_by_role("radio", name="It is right now")).to_be_checked()
        dialog.get_by_label("Note").fill(note)
        with self.page.expect_response(_LEASE):
            dialog.get_by_role("button", name="Finish").click()
        self.await_picture()

    def expect_saved(self) -> None:
        expect(self.page.locator(".saved")).to_have_text("Saved")

    def place(self) -> tuple[float, float, float, float]:
        """Left, top, and the size of a voxel on the canvas, in device pixels."""
        told = self.page.locator(".stage__below").get_attribute("data-place") or ""
        left, top, scale, scale_y = (float(each) for each in told.split())
        return left, top, scale, scale_y

    def at(self, x: float, y: float) -> Place:
        """The whole CSS pixel of the window at a place: where a mouse can be."""
        left, top, scale, scale_y = self.place()
        start_x, start_y, across, down = self._pixels()
        return (
            round(start_x + (left + x * scale) / across),
            round(start_y + (top + y * scale_y) / down),
        )

    def voxel(self, point: Place) -> Place:
        """The place under a pixel of the window."""
        left, top, scale, scale_y = self.place()
        start_x, start_y, across, down = self._pixels()
        return (
            ((point[0] - start_x) * across - left) / scale,
            ((point[1] - start_y) * down - top) / scale_y,
        )

    def _pixels(self) -> tuple[float, float, float, float]:
        """Where the canvas begins in the window, and its pixels to a CSS pixel: a browser lays it
        out between pixels, so that both directions may differ by a little."""
        x, y, across, down = self.picture.evaluate(
            """(canvas) => {
                const { left, top, width, height } = canvas.getBoundingClientRect();
                return [left, top, canvas.width / width, canvas.height / height];
            }"""
        )
        return x, y, across, down

    def zoom_at(self, x: float, y: float, notches: float) -> None:
        """Zoom in with the wheel, and wait until it is seen."""
        told = self.page.locator(".stage__below")
        before = told.get_attribute("data-place") or ""
        self.page.mouse.move(*self.at(x, y))
        self.page.keyboard.down("Control")
        self.page.mouse.wheel(0, -notches)
        self.page.keyboard.up("Control")
        expect(told).not_to_have_attribute("data-place", before)

    def drag(self, *places: Place) -> list[Place]:
        """Draw through some places; where the mouse really was, in voxels."""
        points = [self.at(*place) for place in places]
        mouse = self.page.mouse
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point)
        mouse.up()
        return [self.voxel(point) for point in points]

    def click(self, *places: Place) -> list[Place]:
        points = [self.at(*place) for place in places]
        for point in points:
            self.page.mouse.click(*point)
        return [self.voxel(point) for point in points]

    @property
    def shape(self) -> tuple[int, int]:
        """Of a slice, height and width."""
        lo, hi = (self.easel()["box"][end] for end in ("lo", "hi"))
        return hi[1] - lo[1], hi[0] - lo[0]

    def stored(self, z: int) -> Mask | None:
        """The labels of a slice `(height, width)` bool; None where nobody drew on it."""
        runs = next(one["runs"] for one in self.easel()["slices"] if one["z"] == z)
        return None if runs is None else labels_of(runs, self.shape)

    def shown(self, shape: tuple[int, int]) -> Mask:
        """The mask as the pixels of the canvas show it, `(height, width)` bool: the voxel at the
        middle of each pixel; all pixels of a voxel show the same."""
        seen = self.page.locator(".stage__below").evaluate(_PIXELS)
        pixels = labels_of(seen["runs"], (seen["height"], seen["width"]))
        left, top, scale, scale_y = self.place()
        height, width = shape
        columns, is_column = _voxels_of(seen["width"], left, scale, width)
        rows, is_row = _voxels_of(seen["height"], top, scale_y, height)
        sight = pixels[np.ix_(is_row, is_column)]
        counted = np.zeros((*shape, 2), int)
        np.add.at(counted, (rows[:, None], columns[None, :], sight.astype(int)), 1)
        assert not (counted.min(axis=2) > 0).any(), "a voxel is shown in two ways"
        return counted[..., 1] > 0


def _voxels_of(
    pixels: int, start: float, scale: float, voxels: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """For pixels along an axis the voxel at their middle, and which of them have one. Where a
    middle lies on the border of two voxels, a browser may show either."""
    middles = (np.arange(pixels) + 0.5 - start) / scale
    is_plain = np.abs(middles - np.round(middles)) > 1e-3
    inside = (middles >= 0) & (middles < voxels) & is_plain
    return np.floor(middles[inside]).astype(int), inside


def labels_of(runs: Sequence[int], shape: tuple[int, int]) -> Mask:
    labels = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return labels.reshape(shape)


def brushed(shape: tuple[int, int], way: Sequence[Place], size: int, aspect: float = 1.0) -> Mask:
    """The voxels whose middle a brush reaches on its way, round in the tissue: as it should be, not
    as it is made. `aspect`: height by width of a voxel."""
    mask = np.zeros(shape, bool)
    rows, columns = np.indices(shape) + 0.5
    rows = rows * aspect
    ends = [(x, y * aspect) for x, y in (_snapped(place, size) for place in way)]
    for (x0, y0), (x1, y1) in zip([ends[0], *ends], ends, strict=False):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = ((columns - x0) * (x1 - x0) + (rows - y0) * (y1 - y0)) / (length or 1)
        part = np.clip(along, 0, 1)
        distance = np.hypot(columns - x0 - part * (x1 - x0), rows - y0 - part * (y1 - y0))
        mask |= distance <= size / 2 + 1e-9
    return mask


def _snapped(place: Place, size: int) -> Place:
    if size % 2:
        return (math.floor(place[0]) + 0.5, math.floor(place[1]) + 0.5)
    return (math.floor(place[0] + 0.5), math.floor(place[1] + 0.5))


def curved(shape: tuple[int, int], points: Sequence[Place]) -> tuple[Mask, Mask]:
    """The voxels inside a closed centripetal Catmull-Rom curve, and those whose middle lies so
    near to it that it may be either."""
    curve = np.concatenate(
        [
            _segment(*(points[(k + step) % len(points)] for step in (-1, 0, 1, 2)))
            for k in range(len(points))
        ]
    )
    rows, columns = np.indices(shape) + 0.5
    middles = np.stack([columns.ravel(), rows.ravel()], axis=1)
    around = curve[None] - middles[:, None]
    angles = np.arctan2(around[..., 1], around[..., 0])
    turns = np.diff(np.concatenate([angles, angles[:, :1]], axis=1), axis=1)
    winding = np.round(
        (turns - 2 * np.pi * np.round(turns / (2 * np.pi))).sum(axis=1) / (2 * np.pi)
    )
    near = np.hypot(around[..., 0], around[..., 1]).min(axis=1) < 0.08
    return (winding != 0).reshape(shape), near.reshape(shape)


def _segment(p0: Place, p1: Place, p2: Place, p3: Place) -> npt.NDArray[np.float64]:
    """The curve from p1 to p2 as the cubic with its own tangents there (another way than that of
    the page, which interpolates between lines)."""
    a, b, c, d = (np.array(each, float) for each in (p0, p1, p2, p3))
    t1, t2, t3 = (math.sqrt(float(np.hypot(*(q - p)))) for p, q in ((a, b), (b, c), (c, d)))
    start = (b - a) / t1 - (c - a) / (t1 + t2) + (c - b) / t2
    end = (c - b) / t2 - (d - b) / (t2 + t3) + (d - c) / t3
    s = np.linspace(0, 1, 200, endpoint=False)[:, None]
    m1, m2 = start * t2, end * t2
    curve: npt.NDArray[np.float64] = (
        (2 * s**3 - 3 * s**2 + 1) * b
        + (s**3 - 2 * s**2 + s) * m1
        + (-2 * s**3 + 3 * s**2) * c
        + (s**3 - s**2) * m2
    )
    return curve
