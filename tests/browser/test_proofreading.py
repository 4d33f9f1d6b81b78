"""Proofreading as people do it, from the login to the file."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Route, expect

from apps.voxels.frames import decode_frames, encode_frame
from tests.browser.conftest import Door
from tests.browser.people import PersonInBrowser

pytestmark = pytest.mark.timeout(300)


def test_a_wrong_password_is_told_in_a_sentence(door: Door, copy: object) -> None:
    stranger = door.enter("anna")
    stranger.page.get_by_role("button", name="Log out").click()
    stranger.page.get_by_label("Username").fill("anna")
    stranger.page.get_by_label("Password").fill("not-the-password")
    stranger.page.get_by_role("button", name="Log in").click()
    expect(stranger.page.get_by_role("alert")).to_contain_text("correct username and password")


def test_a_campaign_from_the_first_page_to_the_file(
    door: Door, campaign: str, tmp_path: Path
) -> None:
    anna = door.enter("anna")
    anna.start_work(campaign)
    anna.face(1).click()
    anna.face(2).click()
    anna.face(2).click()
    assert [anna.label_of(index) for index in range(3)] == ["correct", "incorrect", "unsure"]
    expect(anna.page.locator(".toolbar__counts")).to_contain_text("1 incorrect")
    wrong, doubtful = anna.synapse_of(1), anna.synapse_of(2)
    seen = set(anna.items())
    while not anna.is_finished:
        anna.submit()
        assert anna.is_finished or seen.isdisjoint(anna.items())
        seen.update(anna.items())
    expect(anna.page.get_by_role("heading", name="Everything is done")).to_be_visible()
    assert anna.complaints == []

    manager = door.enter("manager")
    card = manager.page.locator(".campaign").filter(has_text=campaign)
    expect(card).to_contain_text("Finished")
    with manager.page.expect_download() as download:
        card.get_by_role("link", name="Download JSON").click()
    path = tmp_path / "synanno.json"
    download.value.save_as(path)
    records = json.loads(path.read_text())["Metadata"]
    assert {len(record) for record in records} == {28}
    assert len(seen) == len(records)
    objected = {
        record["materialization_index"]: record["Label"]
        for record in records
        if record["Label"] != "correct"
    }
    assert objected == {wrong: "incorrect", doubtful: "unsure"}


def test_labels_are_kept_as_they_are_made(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    items = anna.items()
    anna.face(0).click()
    anna.face(4).click()
    anna.expect_saved()
    anna.page.reload()
    anna.await_page()
    assert anna.items() == items
    assert [anna.label_of(index) for index in (0, 1, 4)] == ["incorrect", "correct", "incorrect"]


def test_everything_goes_by_keys(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    press = anna.page.keyboard.press
    expect(anna.face(0)).to_be_focused()
    press("ArrowRight")
    press("ArrowDown")
    expect(anna.face(4)).to_be_focused()
    press("Space")
    assert anna.label_of(4) == "incorrect"
    press("Enter")
    assert anna.label_of(4) == "unsure"
    press("1")
    assert anna.label_of(4) == "correct"
    position = anna.tiles.nth(4).locator(".tile__slice")
    expect(position).to_have_text("5/8")
    press(".")
    expect(position).to_have_text("6/8")
    press("PageUp")
    press(",")
    expect(position).to_have_text("4/8")
    press("?")
    expect(anna.page.get_by_role("dialog")).to_contain_text("Look hard.")
    press("Escape")
    press("s")
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 2")
    assert anna.complaints == []


def test_the_wheel_steps_through_different_slices(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    anna.face(0).hover()
    canvas = anna.page.locator(".tile__canvas").first
    position = anna.tiles.first.locator(".tile__slice")
    pictures = set()
    for slice_number in range(5, 9):
        expect(position).to_have_text(f"{slice_number}/8")
        pictures.add(canvas.evaluate("(canvas) => canvas.toDataURL()"))
        anna.page.mouse.wheel(0, 100)
    assert len(pictures) == 4
    assert anna.label_of(0) == "correct"


def test_the_overlay_is_drawn_here_and_costs_no_request(
    anna: PersonInBrowser, campaign: str
) -> None:
    anna.start_work(campaign)
    requests: list[str] = []
    anna.page.on("request", lambda request: requests.append(request.url))
    start = [anna.pixels(index) for index in range(6)]
    assert all(each["shades"] > 50 for each in start)
    masked = max(range(6), key=lambda index: start[index]["tinted"])
    assert start[masked]["tinted"] > 50
    anna.page.keyboard.press("q")
    assert anna.pixels(masked)["tinted"] == 0
    anna.page.keyboard.press("q")
    for _ in range(4):
        anna.page.keyboard.press("-")
    expect(anna.page.locator(".toolbar output").first).to_have_text("0 %")
    assert anna.pixels(masked)["tinted"] < start[masked]["tinted"]
    assert requests == []


def test_two_people_never_have_the_same_page(door: Door, campaign: str) -> None:
    anna, ben = door.enter("anna"), door.enter("ben")
    anna.start_work(campaign)
    ben.start_work(campaign)
    assert set(anna.items()).isdisjoint(ben.items())
    anna.submit()
    assert set(anna.items()).isdisjoint(ben.items())


def test_labels_wait_for_the_network(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    anna.context.set_offline(True)
    anna.face(3).click()
    expect(anna.page.locator(".saved")).to_have_text("Not saved yet")
    anna.face(5).click()
    anna.context.set_offline(False)
    anna.expect_saved()
    anna.page.reload()
    anna.await_page()
    assert (anna.label_of(3), anna.label_of(5)) == ("incorrect", "incorrect")


def test_labels_outlive_a_login_that_has_ended(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    anna.context.clear_cookies()
    anna.face(1).click()
    notice = anna.page.locator(".notice")
    expect(notice).to_contain_text("no longer logged in")
    anna.log_in(anna.new_tab())
    notice.get_by_role("button", name="Go on").click()
    anna.expect_saved()
    expect(notice).to_have_count(0)
    anna.submit()
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 2")


def test_a_page_that_was_handed_in_elsewhere_is_told(anna: PersonInBrowser, campaign: str) -> None:
    anna.start_work(campaign)
    other = anna.new_tab()
    other.goto(anna.page.url)
    other.get_by_role("button", name="Submit page").click()
    expect(other.locator(".toolbar__progress")).to_contain_text("Page 2")
    anna.face(0).click()
    notice = anna.page.locator(".notice")
    expect(notice).to_contain_text("labels were kept")
    notice.get_by_role("button", name="Next page").click()
    expect(anna.page.locator(".toolbar__progress")).to_contain_text("Page 2")


def test_labels_of_a_lost_page_are_called_kept_only_when_they_are(
    anna: PersonInBrowser, campaign: str
) -> None:
    anna.start_work(campaign)
    kept: list[int] = []

    def refuse_then_lose(route: Route) -> None:
        """The page is found to be lost by one request; the network goes with the next ones."""
        if kept:
            route.abort()
        else:
            answer = route.fetch()
            kept.append(answer.status)
            anna.page.locator(".tile__face").nth(2).click()
            route.fulfill(response=answer)

    other = anna.new_tab()
    other.goto(anna.page.url)
    other.get_by_role("button", name="Submit page").click()
    expect(other.locator(".toolbar__progress")).to_contain_text("Page 2")
    anna.page.route("**/verdicts", refuse_then_lose)
    anna.face(0).click()
    notice = anna.page.locator(".notice")
    expect(notice).to_contain_text("One label has not reached the server yet")
    assert kept == [409]
    assert "labels were kept" not in notice.inner_text()
    anna.page.unroute("**/verdicts")
    expect(notice).to_contain_text("labels were kept")
    anna.expect_saved()


def test_a_server_without_redis_is_told_and_asked_again(
    anna: PersonInBrowser, campaign: str
) -> None:
    sentence = "The store of rendered pictures (Redis) does not answer just now."
    error = {"error": {"code": "unavailable", "sentence": sentence, "field": None}}
    anna.page.route("**/lease", lambda route: route.fulfill(status=503, json=error))
    anna.enter_grid(campaign)
    expect(anna.page.locator(".notice")).to_contain_text(sentence)
    anna.page.unroute("**/lease")
    anna.await_page()
    expect(anna.page.locator(".notice")).to_have_count(0)


def test_a_tile_that_cannot_be_read_is_marked_and_comes_back(
    anna: PersonInBrowser, campaign: str
) -> None:
    def spoil(route: Route) -> None:
        answer = route.fetch()
        page, first, *others = decode_frames(answer.body())
        trouble = {
            "part": "unreadable",
            "key": first.header["key"],
            "sentence": "The image volume does not answer.",
            "retry_after_s": 60,
        }
        frames = [encode_frame(page.header, page.payload), encode_frame(trouble)]
        frames += [encode_frame(frame.header, frame.payload) for frame in others]
        route.fulfill(response=answer, body=b"".join(frames))

    anna.page.route("**/lease", spoil)
    anna.enter_grid(campaign)
    trouble = anna.tiles.first.locator(".tile__trouble")
    expect(trouble).to_contain_text("The image volume does not answer.")
    expect(anna.page.locator('.tile[data-status="ready"]')).to_have_count(5)
    assert anna.label_of(0) == "unsure"
    anna.page.keyboard.press("1")
    assert anna.label_of(0) == "unsure"

    anna.page.get_by_role("button", name="Submit page").click()
    expect(anna.page.locator(".notice")).to_contain_text("One synapse could not be shown")

    trouble.get_by_role("button", name="Retry").click()
    anna.await_page()
    assert anna.pixels(0)["shades"] > 50
    assert anna.label_of(0) == "correct"


def test_an_outsider_learns_nothing(door: Door, campaign: str) -> None:
    anna, olga = door.enter("anna"), door.enter("olga")
    anna.start_work(campaign)
    work = anna.page.url
    expect(olga.page.locator("main")).to_contain_text("You do not take part in a campaign yet")
    for path in ("", "finished/", "synanno.json"):
        olga.open(urljoin(work, path))
        expect(olga.page.get_by_role("heading")).to_have_text("There is nothing here")
        assert campaign not in olga.page.content()
    lease = anna.page.locator("#grid").get_attribute("data-lease-url")
    olga.open("/password/")
    csrf = olga.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = olga.page.request.post(
        urljoin(work, lease or ""), headers={"X-CSRFToken": csrf, "Referer": work}
    )
    assert answer.status == 404
    assert campaign not in answer.text()


def test_what_is_wrong_is_said_on_the_tile(anna: PersonInBrowser, campaign: str) -> None:
    """By keys and by mouse, at once or later, also in looking back; correct has no reasons."""
    anna.start_work(campaign)
    press = anna.page.keyboard.press
    question = anna.page.get_by_role("dialog", name="What is wrong?")

    def said(index: int) -> Locator:
        return anna.tiles.nth(index).locator(".tile__reasons")

    press("e")
    expect(question).to_contain_text("Synapse 1 of 6")
    press("2")
    press("3")
    question.get_by_label("Note").focus()
    anna.page.keyboard.type("3 folds", delay=0)
    press("Enter")
    expect(question).to_be_hidden()
    expect(said(0)).to_have_text("Mask does not fit, Pre and post swapped: 3 folds")
    press("ArrowRight")
    anna.face(1).click()
    expect(said(1)).to_have_text("What is wrong?")
    said(1).click()
    question.get_by_label("False positive").check()
    question.get_by_role("button", name="Done").click()
    expect(said(1)).to_have_text("False positive")
    anna.face(2).click()
    press("e")
    expect(question).to_be_visible()
    press("Escape")
    expect(question).to_be_hidden()
    expect(said(2)).to_have_text("What is wrong?")
    anna.expect_saved()
    anna.page.reload()
    anna.await_page()
    expect(said(0)).to_have_text("Mask does not fit, Pre and post swapped: 3 folds")
    anna.submit()

    anna.page.get_by_role("link", name="My pages").click()
    anna.page.get_by_role("link", name="Look or change").first.click()
    anna.await_page()
    expect(said(1)).to_have_text("False positive")
    said(2).click()
    press("1")
    press("Enter")
    expect(said(2)).to_have_text("False positive")
    anna.face(0).click()
    expect(anna.tiles.nth(0)).to_have_attribute("data-label", "unsure")
    expect(said(0)).to_have_text("Mask does not fit, Pre and post swapped: 3 folds")
    anna.face(0).click()
    expect(said(0)).to_have_count(0)
    anna.face(0).click()
    expect(said(0)).to_have_text("What is wrong?")
    anna.expect_saved()
    assert anna.complaints == []
