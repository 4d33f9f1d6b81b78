"""A synapse that the table missed is marked in Neuroglancer, looked over, added, and drawn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.people import PersonInBrowser
from tests.browser.test_accessibility import Inspector

pytestmark = pytest.mark.timeout(300)

_LOOKS = "() => window.viewer?.position.value.length === 3 && viewer.isReady()"
_SHOWN = """(name) => viewer.layerManager.managedLayers.find((one) => one.name === name)
    .layer.localAnnotations.toJSON().map(({ point }) => [...point])"""
_UNDER_POINTER = "() => viewer.mouseState.active ? [...viewer.mouseState.position] : null"


def neuroglancer(page: Page) -> Frame:
    element = page.locator("iframe.missed__frame")
    expect(element).to_be_visible()
    handle = element.element_handle()
    frame = handle.content_frame() if handle is not None else None
    assert frame is not None
    frame.wait_for_function(_LOOKS)
    return frame


def point_at(page: Page, frame: Frame, dx: float, dy: float) -> list[int]:
    """Move the pointer to a place beside the middle of the first panel, in its pixels; the voxel
    of the image there."""
    box = page.locator("iframe.missed__frame").bounding_box()
    panel = frame.locator(".neuroglancer-rendered-data-panel").first.bounding_box()
    assert box is not None
    assert panel is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)  # over none of its panels
    frame.wait_for_function("() => !viewer.mouseState.active")
    page.mouse.move(panel["x"] + panel["width"] / 2 + dx, panel["y"] + panel["height"] / 2 + dy)
    frame.wait_for_function(_UNDER_POINTER)
    at: list[float] = frame.evaluate(_UNDER_POINTER)
    return [int(axis // 1) for axis in at]


def numbers(page: Page) -> dict[str, str]:
    return {name: page.get_by_label(name, exact=True).input_value() for name in ("X", "Y", "Z1")}


def added_by(page: Page, address: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = page.request.get(address).json()["added"]
    return told


def test_a_missed_synapse_is_added_and_drawn(anna: PersonInBrowser, campaign: str) -> None:
    anna.enter_grid(campaign)
    page, number = anna.page, anna.page.url.split("campaigns/")[1].split("/")[0]
    additions = f"{anna.address}api/campaigns/{number}/additions"
    anna.open(f"/campaigns/{number}/missed")
    frame = neuroglancer(page)
    frame.wait_for_function(f"() => ({_SHOWN})('known synapses').length > 0")

    # The view opens at a synapse: what is marked beside it may be the same.
    x, y, z = point_at(page, frame, 6, 0)
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="known near it")).to_be_visible()
    assert numbers(page) == {"X": str(x), "Y": str(y), "Z1": str(z)}
    assert frame.evaluate(_SHOWN, "new synapse") == [[x + 0.5, y + 0.5, z + 0.5]]
    point_at(page, frame, -40, 0)
    page.locator("iframe.missed__frame").evaluate("(frame) => frame.contentWindow.focus()")
    page.keyboard.press("q")
    expect(page.get_by_role("button", name="presynaptic: ")).to_be_visible()
    page.get_by_label("Z2", exact=True).fill(str(z + 2))
    page.get_by_label("Note", exact=True).fill("between two others")
    inspector = Inspector()
    inspector.look_at(page, "a missed synapse that is reviewed")
    assert inspector.found == [], "\n".join(inspector.found)
    near = page.locator(".missed__near")
    near.get_by_role("button", name="Look at it: ").first.click()
    page.get_by_role("button", name="Add all the same").click()
    expect(page.locator(".missed__saved")).to_contain_text("Added synapse 1")
    [first] = added_by(page, additions)
    assert (first["position"], first["z1"], first["z2"]) == ([x, y, z], z, z + 2)
    assert (first["note"], first["by"]) == ("between two others", "anna")
    expect(page.locator(".missed__list li")).to_contain_text(["between two others"])
    frame.wait_for_function(f"() => ({_SHOWN})('added synapses').length === 1")

    # What is reviewed is there again when the page is loaded again, and is saved by itself when the
    # network comes back.
    point_at(page, frame, 90, 60)
    page.keyboard.press("c")
    page.get_by_label("Note", exact=True).fill("without a network")
    page.reload()
    expect(page.get_by_label("Note", exact=True)).to_have_value("without a network")
    expect(page.get_by_text(re.compile("known (near it|within)"))).to_be_visible()
    anna.context.set_offline(True)
    page.get_by_role("button", name=re.compile("^(Save|Add all the same)$")).click()
    expect(page.locator(".notice")).to_contain_text("kept in this browser")
    anna.context.set_offline(False)
    expect(page.locator(".missed__saved")).to_contain_text("Added synapse 2")
    assert [one["note"] for one in added_by(page, additions)] == [
        "without a network",
        "between two others",
    ]

    # What was added is drawn by whoever asks for it.
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Withdraw added synapse 2").click()
    expect(page.get_by_role("button", name="Withdraw added synapse 2")).to_have_count(0)
    page.get_by_role("link", name="Draw added synapse 1").click()
    expect(page.get_by_role("heading", name="Revise · Added synapse 1")).to_be_visible()
    expect(page.locator(".stage__below[data-place]")).to_be_visible()
