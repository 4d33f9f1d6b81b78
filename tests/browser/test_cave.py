"""A manager delivers verdicts to CAVE, from the token to the pause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.gateways.annotation_service import AnnotationService
from synanno_server.local.stack import Stack
from tests.browser.conftest import Door
from tests.browser.test_looks import look_at
from tests.support.cave_annotations.people import LAB_TOKEN, OWN_TOKEN
from tests.support.cave_annotations.running import RunningCave, running_cave

pytestmark = pytest.mark.timeout(300)

# Four synapses are judged; the lab's table, as it is told, lacks the last of them. At each: its id,
# and its centre in nm.
_JUDGED = """
from django.utils import timezone
from apps.campaigns.models import Campaign
from apps.datasets.domain.viewer_state import middle_nm
from apps.proofreading.models import Settlement
campaign = Campaign.objects.get(name={name!r})
items = campaign.items.filter(instance__source_id__gt=0).order_by("position")
for item in items.select_related("instance")[:4]:
    Settlement.objects.create(item=item, state="settled", label="correct", p_correct=0.9,
                              votes=1, settled_at=timezone.now())
    print(item.instance.source_id, *middle_nm(item.instance.center, campaign.table.resolution))
"""
_VOXEL_NM = (4, 4, 40)  # of the lab's table


@pytest.fixture
def cave(tmp_path: Path) -> Iterator[RunningCave]:
    with running_cave(tmp_path) as cave:
        yield cave


def four_judged(copy: Stack, cave: RunningCave, campaign: str) -> None:
    """Four synapses of the campaign are judged; the lab has three of them."""
    told = copy.manage("shell", "--no-imports", "-c", _JUDGED.format(name=campaign))
    rows = []
    for line in told.splitlines()[:3]:
        number, *nm = line.split()
        x, y, z = (int(float(at) // size) for at, size in zip(nm, _VOXEL_NM, strict=True))
        points = dict.fromkeys(("pre_pt", "post_pt", "ctr_pt"), (x, y, z))
        rows.append(AnnotationRow(int(number), {**points, "size": 1.0}))
    AnnotationService(cave.datastack, LAB_TOKEN).post("synapses", rows)


def keep_token(page: Page, cave: RunningCave) -> None:
    page.get_by_text("Keep a token of CAVE", exact=True).click()
    form = page.get_by_role("form", name="Keep a token of CAVE")
    form.get_by_label("Name").fill("browser")
    form.get_by_label("Token", exact=True).fill(OWN_TOKEN)
    form.get_by_label("For the server").fill(cave.address)
    form.get_by_role("button", name="Keep it").click()
    kept = page.locator(".tokens__list")
    expect(kept).to_contain_text(f"browser: yours alone, for {cave.address} alone")


def save_delivery(page: Page) -> None:
    """Of verdicts; the token says the server, and the lab's table is told wrong."""
    page.get_by_role("link", name="Deliver verdicts").click()
    form = page.get_by_role("form", name="Deliver verdicts")
    form.get_by_label("Datastack").fill("tiny")
    form.get_by_label("Table", exact=True).fill("Said")
    form.get_by_label("The lab's table of synapses").fill("synapse")
    form.get_by_role("button", name="Save").click()
    expect(form.locator("[data-error-of=table]")).to_contain_text("is no name for a table")
    look_at(page)
    form.get_by_label("Table", exact=True).fill("said")
    with page.expect_navigation():
        form.get_by_role("button", name="Save").click()


def state_is(card: Locator, state: str) -> None:
    """Workers take their time on a busy machine."""
    expect(card.locator(".status")).to_have_text(state, timeout=60_000)


def test_a_manager_delivers_to_cave(
    door: Door, copy: Stack, campaign: str, cave: RunningCave
) -> None:
    four_judged(copy, cave, campaign)
    manager = door.enter("manager")
    page = manager.page
    page.on("dialog", lambda dialog: dialog.accept())
    listed = page.locator(".campaign").filter(has_text=campaign)
    listed.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="CAVE").click()
    keep_token(page, cave)
    save_delivery(page)
    card = page.locator(".delivery[data-state]")
    state_is(card, "not tried yet")
    card.get_by_role("button", name="Try").click()
    state_is(card, "cannot be started")
    card.get_by_role("link", name="Change").click()
    form = page.locator("#form")
    expect(form.locator("[data-error-of=reference_table]")).to_contain_text("no table 'synapse'")
    form.get_by_label("The lab's table of synapses").fill("synapses")
    with page.expect_navigation():
        form.get_by_role("button", name="Save").click()
    card.get_by_role("button", name="Try").press("Enter")
    state_is(card, "ready to start")
    expect(card).to_contain_text("4 rows would be in said")
    expect(card).to_contain_text("Its voxels are 4 × 4 × 40 nm, as those of the table synapses are")
    expect(card.locator("tbody tr")).to_have_count(4)
    look_at(page)
    card.get_by_role("button", name="Start").click()
    state_is(card, "running")
    expect(card).to_contain_text("3 in CAVE · 0 waiting · 1 failed")
    card.get_by_text("Why 1 failed").click()
    expect(card.locator(".delivery__failed")).to_contain_text("ForeignKeyViolation")
    assert len(cave.rows("said")) == 3
    card.get_by_role("button", name="Sync now").press("Enter")
    expect(card).to_contain_text("0 sent, 0 changed, 0 deleted", timeout=60_000)
    look_at(page)
    page.get_by_role("link", name="Dashboard").click()
    line = page.locator(".cave-line")
    expect(line).to_contain_text("said (verdicts, running): 3 in CAVE, 0 waiting, 1 failed")
    page.go_back()
    card.get_by_role("button", name="Pause").click()
    state_is(card, "paused")
    expect(card.get_by_role("button", name="Start again")).to_be_enabled()
    expect(card.get_by_role("heading")).to_be_focused()
    [told] = manager.complaints
    assert "400 (Bad Request)" in told, "the name of the table"
