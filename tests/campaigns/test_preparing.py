"""A campaign is prepared by one process at a time, moves on only, and does not try for ever."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import redis
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.campaigns.services import rendering
from apps.campaigns.services.campaigns import MAX_ATTEMPTS, STUCK_AFTER, resume_preparations
from apps.campaigns.services.rendering import prepare_campaign
from apps.datasets.domain import CutoutRequest
from apps.datasets.services.rendering import render_cutouts
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import make_team
from tests.support.volumes import PhantomFiles

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(phantom_files: PhantomFiles, redis_client: redis.Redis) -> Campaign:
    """A campaign that is to be prepared; its job waits in Redis."""
    return make_campaign(make_table(phantom_files), make_team(), prepared=False)


def render_as_if_changed(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Render cutouts as if their requests were others."""

    def changed(requests: list[CutoutRequest]) -> int:
        return render_cutouts([replace(request, **changes) for request in requests])  # type: ignore[arg-type] # any field of a request

    monkeypatch.setattr(rendering, "render_cutouts", changed)


def test_a_second_preparation_leaves_the_campaign_to_the_first(waiting: Campaign) -> None:
    held, done = threading.Event(), threading.Event()

    def prepare_elsewhere() -> None:
        try:
            with rendering._alone(waiting.pk) as is_alone:
                assert is_alone
                held.set()
                done.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=prepare_elsewhere)
    thread.start()
    assert held.wait(20)
    prepare_campaign(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == (Campaign.Status.PREPARING, 0)
    done.set()
    thread.join(20)
    prepare_campaign(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == Campaign.Status.OPEN


def test_it_goes_on_in_short_jobs_and_its_progress_never_goes_back(
    waiting: Campaign, redis_client: redis.Redis
) -> None:
    seen = []
    for _ in range(10):
        redis_client.delete("default")
        prepare_campaign(waiting.pk, for_s=0)
        waiting.refresh_from_db()
        seen.append(waiting.prepared)
        for key in redis_client.scan_iter("cutout:*"):  # what was stored is lost meanwhile
            redis_client.delete(key)
        if waiting.status == Campaign.Status.OPEN:
            break
        assert redis_client.llen("default") == 1  # the job that goes on
    assert len(seen) > 1
    assert seen == sorted(set(seen))
    assert seen[-1] == waiting.to_prepare
    assert waiting.status == Campaign.Status.OPEN
    assert redis_client.llen("default") == 0


def test_a_preparation_that_never_moves_on_fails_with_a_sentence(
    waiting: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(requests: list[CutoutRequest]) -> int:
        raise KeyboardInterrupt  # as a process that is ended

    monkeypatch.setattr(rendering, "render_cutouts", ends)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            prepare_campaign(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == Campaign.Status.PREPARING
    prepare_campaign(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == Campaign.Status.FAILED
    last = waiting.audit.latest("pk").details
    assert (last["to"], last["failure"]) == ("failed", waiting.failure)
    assert waiting.failure.startswith(f"It was begun {MAX_ATTEMPTS} times without getting beyond 0")
    assert resume_preparations(timezone.now() + 2 * STUCK_AFTER) == 0


def test_a_cutout_that_cannot_be_drawn_fails_the_campaign(
    waiting: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in campaigns that were made before their crop was refused."""
    render_as_if_changed(monkeypatch, crop=waiting.crop._replace(x=1, y=2048, z=2048))
    prepare_campaign(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == Campaign.Status.FAILED
    assert "cannot be drawn" in waiting.failure
    assert "at most 16,384 on a side" in waiting.failure


def test_without_a_worker_preparations_do_not_pile_up(
    waiting: Campaign, redis_client: redis.Redis
) -> None:
    redis_client.delete("default")
    later = timezone.now() + STUCK_AFTER
    for seconds in range(1, 60, 10):
        resume_preparations(later + STUCK_AFTER * seconds / 60)
    assert redis_client.llen("default") == 1
