"""A worker that is killed while it writes an export loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import redis
from django.conf import LazySettings
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import Format
from apps.exports.models import Export
from apps.exports.services import writing_exports
from apps.exports.services.folders import folder_of
from apps.exports.services.sweeping import LOST_AFTER, resume_exports
from tests.support.exports import ask, exports_in, files_of
from tests.support.paper import paper_campaign
from tests.support.people import make_team
from tests.support.revisions import roles_of
from tests.support.waiting import wait_for
from tests.support.workers import celery_worker

SYNAPSES = 4_500  # three parts, and one of none that were added
FORMATS = (Format.SYNANNO, Format.CSV)


class Killing:
    """Kills a worker's process with SIGKILL when a part is there, and when a joined file is."""

    def __init__(self, worker: int, folder: Path) -> None:
        self._worker = psutil.Process(worker)
        self._waited_for = [folder / ".parts" / "000001.csv", folder / "synanno.json"]

    def look(self) -> None:
        if self._waited_for and self._waited_for[0].exists():
            del self._waited_for[0]
            for process in self._worker.children():
                os.kill(process.pid, signal.SIGKILL)

    @property
    def is_over(self) -> bool:
        return not self._waited_for


@pytest.mark.timeout(240)
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_twice_ends_with_the_same_files(
    redis_client: redis.Redis, tmp_path: Path, settings: LazySettings
) -> None:
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    campaign = paper_campaign(
        tmp_path,
        roles_of(make_team()),
        instances=SYNAPSES,
        page_size=24,
        centers=lambda n: (50 + n % 900, 50 + n // 900, 300),
    )
    expected = undisturbed(campaign)
    with celery_worker(
        tmp_path / "worker.log", processes=1, SYNANNO_EXPORTS_DIR=str(tmp_path / "exports")
    ) as worker:
        export = ask(campaign, *FORMATS)
        killing = Killing(worker.pid, folder_of(export).path)

        def is_over() -> bool:
            killing.look()
            export.refresh_from_db()
            if timezone.now() - export.moved_at > timedelta(seconds=2):
                resume_exports(timezone.now() + LOST_AFTER * 2)
                Export.objects.filter(pk=export.pk).update(moved_at=timezone.now())
            return export.state not in {Export.State.WAITING, Export.State.WRITING}

        wait_for(is_over, "the export")
    assert (export.state, export.failure) == (Export.State.READY, "")
    assert killing.is_over
    assert without_manifest(export) == expected
    assert (export.done, export.parts) == (SYNAPSES, 4)


def undisturbed(campaign: Campaign) -> dict[str, str]:
    export = ask(campaign, *FORMATS)
    writing_exports.write_export(export.pk, for_s=60)
    return without_manifest(export)


def without_manifest(export: Export) -> dict[str, str]:
    """It tells times."""
    return {name: digest for name, digest in files_of(export).items() if name != "manifest.json"}
