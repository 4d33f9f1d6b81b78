"""Campaigns tell other programs what happens, over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.campaigns import gateways
from apps.campaigns.gateways import DeliveryError, post
from apps.campaigns.models import Campaign, Membership, Page, Webhook, WebhookDelivery
from apps.campaigns.services.paging import add_page
from apps.campaigns.services.sending import send_deliveries
from apps.campaigns.services.webhooks import (
    MOST_WEBHOOKS,
    add_webhook,
    remove_webhook,
)
from apps.campaigns.webhook_rules import MOST_ATTEMPTS, next_try
from apps.core.errors import InvalidInputError
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import count_submitted, tell_done
from tests.support.paper import paper_campaign, work
from tests.support.people import Team
from tests.support.receiver import Receiver, receiver

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Open, with two pages of six."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles, instances=12)


@pytest.fixture
def inbox() -> Iterator[Receiver]:
    with receiver() as seen:
        yield seen


@pytest.fixture
def webhook(paper: Campaign, team: Team, inbox: Receiver, settings: Settings) -> Webhook:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, webhooks_to_private=True)
    return add_webhook(paper, inbox.address, team.manager, timezone.now())


def bodies(inbox: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in inbox.received]


def later() -> datetime:
    return timezone.now() + timedelta(seconds=11)


def be_due() -> None:
    Webhook.objects.update(rests_until=None)
    waiting = WebhookDelivery.objects.filter(next_try_at__isnull=False)
    waiting.update(next_try_at=timezone.now())


def test_pages_and_the_campaign_are_told_once_and_signed(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    assert work(paper, team.anna) == 2
    count_submitted(timezone.now())
    assert tell_done(timezone.now()) == 0, "it may still need more votes"
    assert tell_done(later()) == 1
    be_due()
    assert send_deliveries() == 3
    told = bodies(inbox)
    assert sorted((one["event"], one.get("page", 0)) for one in told) == [
        ("campaign.done", 0),
        ("page.done", 1),
        ("page.done", 2),
    ]
    assert {(one["campaign"], one["name"]) for one in told} == {(paper.pk, "On paper")}
    for headers, body in inbox.received:
        parts = dict(part.split("=") for part in headers["SynAnno-Signature"].split(","))
        signed = hmac.new(webhook.secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256)
        assert parts["v1"] == signed.hexdigest()
        assert abs(timezone.now().timestamp() - int(parts["t"])) < 60
        assert headers["SynAnno-Delivery"] == json.loads(body)["key"]
    tell_done(later())
    paper.pages.update(counted_at=None)  # as by a late vote
    count_submitted(timezone.now())
    be_due()
    assert send_deliveries() == 0


def test_a_reopened_page_is_told_again(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    work(paper, team.anna)
    count_submitted(timezone.now())
    tell_done(later())
    be_due()
    send_deliveries()
    reopen_page(paper, 1, None, team.manager, timezone.now())
    assert tell_done(later()) == 0
    work(paper, team.ben)
    count_submitted(timezone.now())
    tell_done(later())
    be_due()
    send_deliveries()
    assert [one["event"] for one in bodies(inbox)].count("campaign.done") == 2
    assert [one.get("page") for one in bodies(inbox)].count(1) == 2
    assert len({one["key"] for one in bodies(inbox)}) == 5


def test_what_is_told_is_noted_together_with_the_count(
    paper: Campaign, team: Team, webhook: Webhook
) -> None:
    work(paper, team.anna)
    with transaction.atomic():
        count_submitted(timezone.now())
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()
    count_submitted(timezone.now())
    assert WebhookDelivery.objects.count() == 2


def test_failures_are_tried_again_with_pauses_and_then_given_up(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    work(paper, team.anna)
    count_submitted(timezone.now())
    WebhookDelivery.objects.filter(body__page=2).delete()
    inbox.answers = [500] * MOST_ATTEMPTS
    for attempt in range(1, MOST_ATTEMPTS + 1):
        be_due()
        assert send_deliveries() == 0
        delivery = WebhookDelivery.objects.get()
        assert (delivery.attempts, delivery.failure) == (attempt, "It answered with status 500.")
    assert delivery.next_try_at is None
    assert delivery.sent_at is None
    assert len(inbox.received) == MOST_ATTEMPTS
    assert len({one["key"] for one in bodies(inbox)}) == 1


def test_the_pauses_grow(paper: Campaign) -> None:
    now = timezone.now()
    tries = [next_try(attempts, now) for attempts in range(1, MOST_ATTEMPTS + 1)]
    pauses = [(at - now).total_seconds() for at in tries if at is not None]
    assert pauses[:3] == [15, 30, 60]
    assert pauses == sorted(pauses)
    assert tries[-1] is None


def test_a_failing_address_holds_up_no_other(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    with receiver() as other:
        other.answers = [503] * 99
        add_webhook(paper, other.address, team.manager, timezone.now())
        work(paper, team.anna)
        count_submitted(timezone.now())
        assert send_deliveries() == 2
        assert len(other.received) == 1, "it is left alone for this round"
        inbox.received.clear()
        other.answers = []
        be_due()
        assert send_deliveries() == 2
    assert inbox.received == []


@contextmanager
def strange_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does this with each connection; no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):  # until it is closed
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=20)


def read_all(connection: socket.socket) -> None:
    """Never answer; whoever asked hangs up in the end."""
    while connection.recv(1000):
        pass


def drip(connection: socket.socket) -> None:
    """Answer a byte at a time, far more often than a socket times out."""
    for _ in range(1000):
        connection.sendall(b"H")
        time.sleep(0.02)


@pytest.mark.parametrize("answer", [read_all, drip])
@pytest.mark.parametrize("private_too", [True, False])
def test_an_attempt_ends_however_slow_the_receiver_is(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[socket.socket], None],
    private_too: bool,
) -> None:
    monkeypatch.setattr(gateways, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(gateways, "is_public", lambda address: True)
    with (
        strange_server(answer) as address,
        pytest.raises(DeliveryError, match="did not answer within"),
    ):
        post(address, b"{}", {}, private_too=private_too)


def test_a_silent_address_rests_longer_each_time_and_holds_up_no_other(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "TIMEOUT_S", 0.2)
    with strange_server(read_all) as address:
        silent = add_webhook(paper, address, team.manager, timezone.now())
        work(paper, team.anna)
        count_submitted(timezone.now())
        silent.deliveries.update(next_try_at=timezone.now() - timedelta(hours=1))
        assert send_deliveries(for_s=0.1) == 0
        assert send_deliveries() == 2, "it is left alone"
        assert len(inbox.received) == 2
        rests = []
        for _ in range(3):
            silent.refresh_from_db()
            assert silent.rests_until is not None
            rests.append(silent.rests_until - timezone.now())
            be_due()
            send_deliveries()
    assert rests[0] * 1.5 < rests[1]
    assert rests[1] * 1.5 < rests[2]
    silent.refresh_from_db()
    assert silent.failures == 4
    Webhook.objects.filter(pk=silent.pk).update(address=inbox.address)
    be_due()
    assert send_deliveries() == 2
    silent.refresh_from_db()
    assert (silent.failures, silent.rests_until) == (0, None)


def test_what_ends_its_worker_each_time_is_given_up(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    work(paper, team.anna)
    count_submitted(timezone.now())
    WebhookDelivery.objects.filter(body__page=1).update(attempts=MOST_ATTEMPTS)
    assert send_deliveries() == 1
    given_up = WebhookDelivery.objects.get(body__page=1)
    assert (given_up.next_try_at, given_up.sent_at, len(inbox.received)) == (None, None, 1)


def test_training_after_the_end_is_no_news(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    work(paper, team.anna)
    count_submitted(timezone.now())
    assert tell_done(later()) == 1
    Campaign.objects.update(needs_training=True)
    page = add_page(paper, Page.Kind.TRAINING, list(paper.items.all()[:3]), rank=1)
    Page.objects.filter(pk=page.pk).update(reserved_for=team.ben, sheets=[])
    assert work(paper, team.ben) == 1
    count_submitted(timezone.now())
    tell_done(later())
    told = WebhookDelivery.objects.filter(event="campaign.done")
    assert told.count() == 1


def test_a_campaign_that_was_told_is_looked_at_no_more(
    paper: Campaign, team: Team, webhook: Webhook, django_assert_num_queries: Any
) -> None:
    work(paper, team.anna)
    count_submitted(timezone.now())
    assert tell_done(later()) == 1
    with django_assert_num_queries(1):
        assert tell_done(later()) == 0


def test_redirects_are_not_followed(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    inbox.answers = [307]
    work(paper, team.anna)
    count_submitted(timezone.now())
    send_deliveries()
    assert len(inbox.received) == 1
    assert WebhookDelivery.objects.filter(failure="It answered with status 307.").count() == 1


def test_nothing_is_sent_into_a_private_network(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver, settings: Settings
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, webhooks_to_private=False)
    named = inbox.address.replace("127.0.0.1", "localhost")
    Webhook.objects.update(address=named)  # as a name that leads elsewhere than it did
    work(paper, team.anna)
    count_submitted(timezone.now())
    send_deliveries()
    assert inbox.received == []
    failures = set(WebhookDelivery.objects.exclude(failure="").values_list("failure", flat=True))
    assert len(failures) == 1
    assert "private network" in failures.pop()


def test_who_is_taken_out_is_told_nothing_more(
    paper: Campaign, team: Team, webhook: Webhook, inbox: Receiver
) -> None:
    work(paper, team.anna)
    count_submitted(timezone.now())
    for _ in range(2):
        remove_webhook(paper, webhook.pk, team.manager, timezone.now())
    assert send_deliveries() == 0
    paper.pages.update(counted_at=None)
    count_submitted(timezone.now())
    tell_done(later())
    assert send_deliveries() == 0
    assert inbox.received == []
    actions = list(paper.audit.order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["webhook_added", "webhook_removed"]


def test_a_campaign_tells_a_few_addresses(paper: Campaign, team: Team) -> None:
    for number in range(MOST_WEBHOOKS):
        add_webhook(paper, f"https://example.org/{number}", team.manager, timezone.now())
    with pytest.raises(InvalidInputError, match="at most 5"):
        add_webhook(paper, "https://example.org/more", team.manager, timezone.now())
