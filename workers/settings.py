"""How Celery runs the jobs: queues, limits, what happens to the job of a process that dies."""

from __future__ import annotations

from kombu import Queue

from apps.core.jobs import Job
from workers.schedule import SCHEDULE

INTERACTIVE = "interactive"  # somebody waits in front of a page
PREFETCH = "prefetch"  # for pages to come
DEFAULT = "default"

imports = [
    *("workers.campaigns", "workers.datasets", "workers.evaluation", "workers.proofreading"),
    "workers.exports",
    "workers.cave_sync",
    "workers.pipelines",
    "workers.revision",
    "workers.turns",
]
task_queues = [Queue(INTERACTIVE), Queue(PREFETCH), Queue(DEFAULT)]
task_default_queue = DEFAULT
worker_direct = True  # and a queue of its own for each worker, for what concerns its machine
task_routes = {
    Job.RENDER_ITEMS.value: {"queue": INTERACTIVE},
    Job.RENDER_EASEL.value: {"queue": INTERACTIVE},
    Job.CHECK_MARKERS.value: {"queue": INTERACTIVE},
    Job.RENDER_PAGES.value: {"queue": PREFETCH},
    Job.RENDER_SECTION.value: {"queue": PREFETCH},
    Job.EXAMINE_PLAN.value: {"queue": INTERACTIVE},
    Job.PREVIEW_PLAN.value: {"queue": INTERACTIVE},
    Job.CHECK_SKELETONS.value: {"queue": INTERACTIVE},
}
beat_schedule = SCHEDULE

# A job is acknowledged when it is done, so one whose process is killed is done by another; all
# jobs may be repeated, and a cutout that ends its reader is given up after some attempts. A
# process takes one job at a time, so that none waits behind a long one while another is free;
# the long ones of all kinds together leave one free (apps/core/turns.py).
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
task_ignore_result = True
task_time_limit = 600
worker_max_memory_per_child = 600_000  # KB: a leak ends with its process
worker_hijack_root_logger = False
broker_connection_retry_on_startup = True
broker_transport_options = {
    "visibility_timeout": 900,
    "queue_order_strategy": "priority",  # in the order above: whoever waits comes first
    "socket_timeout": 30,
    "socket_connect_timeout": 3,
}
task_publish_retry_policy = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
timezone = "UTC"
