"""A manager makes a dataset of files of their own in the browser, and a campaign on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.people import LONG_MS
from tests.browser.test_looks import look_at

pytestmark = pytest.mark.timeout(300)

NAME = "Opened in the web"

_SHADES = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data.filter((_, at) => at % 4 === 1)).size;
}"""


def say(page: Page, field: str, value: str) -> None:
    """Fill a field and leave it: what it holds is sent then."""
    page.locator(f"#{field}").fill(value)
    page.locator(f"#{field}").blur()


@pytest.fixture
def wizard(door: Door) -> Page:
    """A new dataset, of which nothing has been said."""
    page = door.enter("manager", width=1280).page
    page.get_by_role("link", name="Datasets").click()
    page.get_by_role("button", name="New dataset").click()
    expect(page.get_by_role("heading", name="New dataset")).to_be_visible()
    return page


def test_a_dataset_is_made_in_the_browser(wizard: Page, copy: Stack) -> None:
    page, files = wizard, copy.home.folder / "demo"
    # A mistake is told at its field, and gone when it is mended.
    say(page, "image", f"file://{files}/nothing")
    wrong = page.locator("#image-problem")
    expect(wrong).to_contain_text("cannot be opened", timeout=LONG_MS)
    expect(page.locator("#image")).to_have_attribute("aria-invalid", "true")
    look_at(page)
    for kind in ("image", "cleft", "neuron"):
        say(page, kind, f"file://{files}/{kind}")
    expect(wrong).to_be_hidden(timeout=LONG_MS)
    expect(page.locator("#image_mip")).to_contain_text("8 × 8 × 32 nm", timeout=LONG_MS)
    page.get_by_label("Send the file").set_input_files(files / "synapses.csv")
    expect(page.get_by_text(re.compile(r"\d+ of the first \d+"))).to_be_visible(timeout=LONG_MS)
    page.get_by_label("Voxels of the clefts, x").fill("96")
    page.get_by_label("Voxels of the clefts, y").fill("96")
    page.get_by_label("Voxels of the clefts, y").blur()
    expect(page.locator("#crop_size-help")).to_contain_text("768 × 768 × 192 nm", timeout=LONG_MS)
    page.reload()  # what was said is kept
    expect(page.locator("#cleft")).to_have_value(f"file://{files}/cleft")
    # Five synapses, as people will see them.
    page.get_by_role("button", name="Show five synapses").click()
    drawn = page.locator(".preview[data-drawn=true]")
    expect(drawn).to_have_count(5, timeout=LONG_MS)
    assert min(canvas.evaluate(_SHADES) for canvas in drawn.locator("canvas").all()) > 20
    first = drawn.first.locator("figcaption").inner_text()
    drawn.first.get_by_role("slider").fill("0")
    expect(drawn.first.get_by_role("img")).to_have_attribute("aria-label", re.compile("slice 1$"))
    look_at(page)
    page.get_by_role("button", name="Show five others").click()
    expect(drawn.first.locator("figcaption")).not_to_have_text(first, timeout=LONG_MS)
    expect(drawn).to_have_count(5, timeout=LONG_MS)
    # Nothing is saved without a name.
    page.get_by_role("button", name="Save the dataset").click()
    expect(page.locator("#name-problem")).to_be_visible()
    say(page, "name", NAME)
    page.get_by_role("button", name="Save the dataset").click()
    expect(page.get_by_role("heading", name=f"{NAME} is ready")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("link", name="Datasets").last.click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    look_at(page)
    # A campaign on it begins with its table and its cutout.
    page.locator(".dataset").filter(has_text=NAME).get_by_role(
        "link", name="Open a campaign"
    ).click()
    expect(page.get_by_label("Synapses", exact=True).locator("option:checked")).to_contain_text(
        NAME
    )
    expect(page.get_by_label("Crop, x")).to_have_value("96")
    page.get_by_role("textbox", name="Name", exact=True).fill(f"{NAME}, round one")
    page.get_by_role("button", name="Create and start at once").click()
    expect(page.locator(".manage__head .status")).to_have_text("open", timeout=60_000)


def test_a_wrong_column_can_be_chosen_anew(wizard: Page, copy: Stack, tmp_path: Path) -> None:
    page, files = wizard, copy.home.folder / "demo"
    for kind in ("image", "cleft"):
        say(page, kind, f"file://{files}/{kind}")
    page.get_by_label("Send the file").set_input_files(files / "synapses.csv")
    usable = page.get_by_text(re.compile(r"\d+ of the first \d+"))
    expect(usable).to_be_visible(timeout=LONG_MS)
    page.get_by_label("Layout").select_option("own")
    centre = [page.get_by_label(f"Centre, {axis}") for axis in "xyz"]
    expect(centre[0]).to_have_value("x")
    # Another file has names of its own: they are offered, and those of the first are not.
    names = [f"a_rather_long_name_of_column_{number}" for number in range(11)]
    own = tmp_path / "own.csv"
    first, *rows = (files / "synapses.csv").read_text().splitlines()
    columns = first.split(",")
    names = names[: len(columns)]
    own.write_text("\n".join([",".join(names), *rows]))
    page.get_by_label("Send the file").set_input_files(own)
    wrong = page.locator("#mapping-problem")
    expect(wrong).to_contain_text("lacks", timeout=LONG_MS)
    expect(page.get_by_role("region", name="First rows")).to_contain_text(names[0])
    expect(centre[0].locator("option")).to_have_text(["–", *names])
    expect(centre[0]).to_have_value("")
    places = dict(zip(columns, names, strict=True))
    # The same column for two things is refused, and either can be chosen anew.
    page.get_by_label("Postsynaptic neuron").select_option(places["x"])
    for menu, axis in zip(centre, "xyz", strict=True):
        menu.select_option(places[axis])
    expect(wrong).to_contain_text("named for two things", timeout=LONG_MS)
    page.reload()
    expect(page.get_by_label("Postsynaptic neuron").locator("option")).to_have_text(["–", *names])
    expect(centre[2]).to_have_value(places["z"])
    look_at(page)
    page.get_by_label("Postsynaptic neuron").select_option(places["post_neuron_id"])
    expect(usable).to_be_visible(timeout=LONG_MS)
    expect(wrong).to_be_hidden()


def test_the_wizard_fits_a_telephone(door: Door) -> None:
    page = door.enter("manager", width=390, height=844, scheme="dark").page
    page.goto(f"{page.url.rstrip('/')}/datasets/")
    look_at(page)
    page.get_by_role("button", name="New dataset").click()
    expect(page.locator("#image")).to_be_visible()
    look_at(page)
