"""A process that is killed while it fills slices loses nothing."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import redis
from django.utils import timezone

from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.paging import make_pages
from apps.revision.models import Proposal
from apps.revision.services.sweeping import LOST_AFTER, resume_proposals
from tests.support.campaigns import make_campaign, make_table
from tests.support.drawing import draw_truly, have_mended, revise
from tests.support.hanging_store import hanging_store
from tests.support.people import make_team
from tests.support.volumes import PhantomFiles
from tests.support.waiting import wait_for
from tests.support.workers import celery_worker


@pytest.mark.django_db(transaction=True)
def test_a_proposal_whose_process_is_killed_is_made_by_another(
    phantom_files: PhantomFiles, redis_client: redis.Redis, tmp_path: Path
) -> None:
    """Its image hangs, so that the process is in the midst of it when SIGKILL comes."""
    team = make_team()
    with hanging_store(phantom_files.folder) as store:
        files = replace(phantom_files, image=f"precomputed://{store.address}/image")
        campaign = make_campaign(make_table(files), team, prepared=False)
        make_pages(campaign.pk)
        let_people_in(campaign.pk)
        campaign.refresh_from_db()
        have_mended(campaign, 0)
        anna = revise(campaign, team.anna)
        draw_truly(anna, phantom_files)
        redis_client.delete("default")  # what was sent until now
        store.hangs.set()
        with celery_worker(tmp_path / "worker.log", SYNANNO_READ_TIMEOUT_S="30") as worker:
            wanted = {"key": "00000000-0000-4000-8000-000000000001", "method": "classical"}
            anna.send("proposals", wanted)
            wait_for(lambda: bool(store.asked), "a read of the image")
            for process in psutil.Process(worker.pid).children():
                os.kill(process.pid, signal.SIGKILL)
            store.hangs.clear()

            def is_ready() -> bool:
                resume_proposals(timezone.now() + LOST_AFTER * 2)
                return Proposal.objects.get().status == Proposal.Status.READY

            wait_for(is_ready, "the proposal")
    proposal = Proposal.objects.get()
    assert proposal.attempts == 2
    assert proposal.slices.exists()
