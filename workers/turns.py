"""The job that sends what waits for a turn, of all rooms."""

from __future__ import annotations

from celery import shared_task

from apps.cave_sync.services import syncing, trying
from apps.core import turns
from apps.core.jobs import Job
from apps.datasets.services import planning_turns
from apps.exports.services import restores_turns, writing_exports
from apps.pipelines.services import depth_unet

SENDS = {
    Job.WRITE_EXPORT: writing_exports.send_waiting_exports,
    Job.RESTORE: restores_turns.send_waiting_restores,
    Job.SYNC_DELIVERY: syncing.send_waiting_syncs,
    Job.SAVE_PLAN: planning_turns.send_waiting_tables,
    Job.EXAMINE_PLAN: planning_turns.send_waiting_looks,
    Job.FILL_DEPTH_UNET: depth_unet.send_waiting_fills,
    Job.TRY_DELIVERY: trying.send_waiting_tries,
}


@shared_task(name=Job.GIVE_TURNS.value)
def give_turns(kind: str) -> None:
    turns.give_turns(Job(kind), SENDS)
