"""Along neurons in a real browser: chosen in the form, walked by sections, searched for misses."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Frame, Page, expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser
from tests.browser.test_accessibility import Inspector
from tests.browser.test_managing import see

pytestmark = pytest.mark.timeout(300)

VOXEL_NM = (8, 8, 32)
DATASET = "Tissue with skeletons"
_LOOKS = "() => window.viewer?.position.value.length === 3 && viewer.isReady()"
_CENTRE = "() => [...viewer.position.value]"
_MARKS = """() => {
    const named = ({ name }) => name === "missed synapses";
    return viewer.layerManager.managedLayers.find(named).layer.localAnnotations.toJSON().length;
}"""
_KNOWN = _MARKS.replace("missed synapses", "known synapses")
Place = tuple[float, float, float]


def synapses_by_neuron(table: Path) -> dict[str, list[Place]]:
    """The centres of each neuron's synapses, in nm, sorted along x."""
    places = defaultdict(list)
    with table.open(newline="") as rows:
        for row in csv.DictReader(rows):
            x, y, z = ((int(row[a]) + 0.5) * nm for a, nm in zip("xyz", VOXEL_NM, strict=True))
            for side in ("pre_neuron_id", "post_neuron_id"):
                places[row[side]].append((x, y, z))
    places.pop("-1", None)
    return {neuron: sorted(at) for neuron, at in places.items()}


def write_fork(path: Path, places: list[Place]) -> None:
    """A trunk through the first two synapses, and from there two arms through all others."""
    parents = [-1, 1, *range(2, len(places))]
    arms = (len(places) - 2) // 2
    parents[2 + arms] = 2
    lines = [
        f"{at} {1 if at == 1 else 3} {x} {y} {z} 50 {parent}"
        for at, ((x, y, z), parent) in enumerate(zip(places, parents, strict=True), start=1)
    ]
    path.write_text("\n".join(lines))


@pytest.fixture(scope="module")
def neurons(copy: Stack, passwords: dict[str, str]) -> list[str]:
    """Of a dataset of the demonstration's volumes: the two neurons with the most synapses. Both
    have a skeleton."""
    del passwords  # with which the demonstration is there
    demo = copy.home.folder / "demo"
    found = synapses_by_neuron(demo / "synapses.csv")
    best = sorted(found, key=lambda neuron: (-len(found[neuron]), int(neuron)))[:2]
    folder = demo / "skeletons"
    folder.mkdir(exist_ok=True)
    for neuron in best:
        write_fork(folder / f"{neuron}.swc", found[neuron])
    volumes = [
        w for kind in ("image", "cleft", "neuron") for w in (f"--{kind}", f"file://{demo / kind}")
    ]
    copy.manage("create_dataset", DATASET, *volumes, "--table", str(demo / "synapses.csv"))
    copy.manage("set_skeletons", DATASET, "--swc", str(folder), "--twigs", "1")
    return best


def frame_in(page: Page, name: str) -> Frame:
    """Neuroglancer in the frame of this class, once it shows something."""
    frame = page.locator(f"iframe.{name}").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_function(_LOOKS)
    return frame


def test_neurons_are_chosen_by_a_list_and_by_clicking(door: Door, neurons: list[str]) -> None:
    manager = door.enter("manager")
    manager.open("campaigns/new/")
    page = manager.page
    page.get_by_label("Name", exact=True).fill("Two neurons")
    page.get_by_label("Synapses", exact=True).select_option(label=_option(page, DATASET))
    ids = page.get_by_label("Ids, between commas, blanks or lines")
    expect(ids).to_be_hidden()
    page.get_by_label("Order", exact=True).select_option("neuron")
    table = f"root_id,name\n{neurons[1]},b\nseven,c\n".encode()
    cells = FilePayload(name="cells.csv", mimeType="text/csv", buffer=table)
    page.get_by_label("A list of them").set_input_files(cells)
    expect(ids).to_have_value(neurons[1])
    expect(page.get_by_text("cells.csv, line 3: “seven” is no neuron id")).to_be_visible()

    page.get_by_role("button", name="Choose in 3-D").click()
    frame = frame_in(page, "viewer__frame")
    expect(page.locator(".chooser__count")).to_have_text("1 neuron")
    box = page.locator(".chooser iframe").bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + 0.25 * box["width"], box["y"] + 0.3 * box["height"])
    expect(page.locator(".chooser__count")).to_have_text("2 neurons")
    clicked = frame.evaluate(
        "() => [...viewer.layerManager.managedLayers[1].layer.displayState"
        ".segmentationGroupState.value.visibleSegments.keys()].map(String)"
    )
    page.keyboard.press("w")
    begins = page.get_by_role("list", name="Where walks begin")
    expect(begins).to_contain_text("nm")
    page.get_by_role("button", name="Use these").click()
    chosen = ids.input_value().split()
    assert chosen[0] == neurons[1]
    assert set(chosen) == set(clicked)
    (added,) = set(chosen) - {neurons[1]}
    root, *place = page.get_by_label("Where walks begin").input_value().split()
    assert root == added
    assert [float(axis) > 0 for axis in place] == [True] * 3

    page.get_by_label("Their synapses").select_option("onto")
    page.get_by_role("button", name="Create a draft").click()
    page.wait_for_url("**/manage/")
    number = page.url.rstrip("/").split("/")[-2]
    made = page.request.get(f"{manager.address}api/campaigns/{number}").json()
    assert made["order"] == "neuron"
    assert made["selection"]["post_ids"] == sorted(chosen, key=int)

    # While it is a draft they are changed, and left out, on its page.
    see(page, "Neurons")
    expect(ids).to_have_value("\n".join(chosen))
    expect(page.get_by_label("Their synapses")).to_have_value("onto")
    expect(page.get_by_label("Where walks begin")).to_have_value(re.compile(rf"^{added} "))
    page.get_by_label("Where walks begin").fill("")
    ids.fill(neurons[1])
    with page.expect_event("load"):
        page.get_by_role("button", name="Save neurons").click()
    expect(ids).to_have_value(neurons[1])
    expect(page.get_by_text("The neurons are saved.")).to_be_visible()
    page.get_by_role("button", name="Choose in 3-D").click()
    frame_in(page, "viewer__frame")
    expect(page.locator(".chooser__count")).to_have_text("1 neuron")
    page.get_by_role("button", name="Cancel").click()
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_event("load"):
        page.get_by_role("button", name="Go along no neurons").click()
    expect(ids).to_have_value("")
    told = page.request.get(f"{manager.address}api/campaigns/{number}").json()
    assert (told["neurons"], told["selection"]) == (None, {})
    assert manager.complaints == []


def _option(page: Page, beginning: str) -> str:
    options = page.get_by_label("Synapses", exact=True).locator("option").all_inner_texts()
    return next(one.strip() for one in options if one.strip().startswith(beginning))


def test_a_neuron_is_walked_section_by_section(door: Door, copy: Stack, neurons: list[str]) -> None:
    people = ("--manager", "manager", "--annotator", "anna")
    what = ("--dataset", DATASET, "--page-size", "6", "--crop", "64", "64", "4")
    along = ("--order", "neuron", "--neurons", neurons[0])
    copy.manage("open_campaign", "Along a neuron", *what, *along, *people, "--wait")
    anna = door.enter("anna", width=1100, height=700)  # large pictures take the software long
    page = anna.page
    anna.start_work("Along a neuron")
    count = int(page.locator(".minimap__progress").inner_text().split()[-2])
    expect(page.locator(".minimap__progress")).to_have_text(
        f"0 of 3 sections, 0 of {count} synapses"
    )
    assert count >= 5
    on_page = anna.tiles.count()
    inspector = Inspector()
    inspector.look_at(page, "map of a neuron")
    page.keyboard.press("2")
    page.get_by_role("button", name="Submit page").click()

    # No tiles follow, but the section in Neuroglancer, to be looked along.
    expect(page.get_by_role("region", name="Look for missed synapses")).to_be_visible()
    expect(page.locator(".minimap__progress")).to_contain_text(f"{on_page} of {count} synapses")
    frame = frame_in(page, "search__frame")
    assert frame.evaluate(_KNOWN) >= on_page
    start = frame.evaluate(_CENTRE)
    page.keyboard.press("f")
    assert frame.evaluate(_CENTRE) != start
    page.keyboard.press("c")
    page.get_by_label("Note on mark 1").fill("a bouton")
    anna.expect_saved()

    inspector.look_at(page, "page of missed synapses")

    # A mark that the server does not get is still there when the window is loaded again.
    page.route("**/marks", lambda route: route.abort())
    page.locator(".search__mark").click()
    expect(page.locator(".saved")).to_have_text("Not saved yet")
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/marks")
    page.reload()
    expect(page.locator(".marks__one")).to_have_count(2)
    expect(page.get_by_label("Note on mark 1")).to_have_value("a bouton")
    anna.expect_saved()
    frame = frame_in(page, "search__frame")
    frame.wait_for_function(f"() => ({_MARKS})() === 2")
    page.get_by_role("button", name="Remove mark 2").click()
    anna.expect_saved()
    assert frame.evaluate(_MARKS) == 1

    # Handed in, it is followed by the next section; by keys one goes to another. The key that hands
    # in is a letter where one types, and is heeded where Neuroglancer has the keys.
    note = page.get_by_label("Note on mark 1")
    note.press("End")
    note.press("s")
    expect(note).to_have_value("a boutons")
    note.press("Backspace")
    anna.expect_saved()
    page.locator("iframe.search__frame").evaluate("(frame) => frame.contentWindow.focus()")
    assert page.evaluate("() => document.activeElement.className") == "search__frame"
    page.keyboard.press("s")
    anna.await_page()
    expect(page.locator("#minimap-section")).to_contain_text("Section 2 of 3: yours now")
    page.keyboard.press("2")
    said = anna.tiles.first.get_attribute("data-label")
    anna.expect_saved()
    sections = page.get_by_role("listbox", name="Sections of the neuron")
    sections.focus()
    page.keyboard.press("End")
    expect(page.locator("#minimap-section")).to_contain_text("Section 3 of 3: free")
    page.keyboard.press("Enter")
    expect(page.locator("#minimap-section")).to_contain_text("Section 3 of 3: yours now")
    anna.await_page()

    # What was said of the page that was left is there when one comes back.
    sections.press("ArrowLeft")
    expect(page.locator("#minimap-section")).to_contain_text("Section 2 of 3: put aside by you")
    sections.press("Enter")
    expect(page.locator("#minimap-section")).to_contain_text("Section 2 of 3: yours now")
    anna.await_page()
    expect(anna.tiles.first).to_have_attribute("data-label", str(said))
    assert said != "correct"
    _look_at_the_mesh(anna, neurons[0], inspector)
    assert inspector.found == [], "\n".join(inspector.found)

    manager = door.enter("manager")
    number = page.url.split("campaigns/")[1].split("/")[0]
    missed = manager.page.request.get(f"{manager.address}api/campaigns/{number}/missed").json()
    (mark,) = missed["results"]
    assert (mark["note"], mark["person"], mark["neuron"]) == ("a bouton", "anna", neurons[0])
    lost = [one for one in anna.complaints if "ERR_FAILED" not in one]
    assert lost == [], json.dumps(anna.complaints)


def _look_at_the_mesh(anna: PersonInBrowser, neuron: str, inspector: Inspector) -> None:
    anna.page.keyboard.press("Shift+M")
    expect(anna.page.get_by_role("dialog", name="in 3-D")).to_be_visible()
    frame = frame_in(anna.page, "viewer__frame")
    assert frame.evaluate("() => viewer.state.toJSON().layout") == "3d"
    frame.locator("body").press("Escape")
    expect(anna.page.get_by_role("dialog", name="in 3-D")).to_be_hidden()
    expect(anna.page.locator(".minimap__name")).to_contain_text(neuron)

    # Under the map it is the same, and there is no viewer while it is hidden.
    anna.page.get_by_label("3-D under the map").check()
    frame = frame_in(anna.page, "mesh__frame")
    assert frame.evaluate("() => viewer.state.toJSON().layout") == "3d"
    inspector.look_at(anna.page, "neuron in 3-D under the map")
    anna.page.get_by_role("button", name="Hide").click()
    expect(anna.page.locator("iframe")).to_have_count(0)
