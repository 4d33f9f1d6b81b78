"""What beat does, and when."""

from __future__ import annotations

from apps.core.jobs import Job

SCHEDULE = {
    "resume preparations": {
        "task": Job.RESUME_PREPARATIONS.value,
        "schedule": 30.0,
        "options": {"expires": 25},  # the next one does the same
    },
    "resume plans": {
        "task": Job.RESUME_PLANS.value,
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "resume skeleton checks": {
        "task": Job.RESUME_SKELETON_CHECKS.value,
        "schedule": 120.0,
        "options": {"expires": 110},
    },
    "learn lease times": {
        "task": Job.LEARN_LEASE_TIMES.value,
        "schedule": 300.0,
        "options": {"expires": 280},
    },
    "send webhooks": {
        "task": Job.SEND_WEBHOOKS.value,
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "count verdicts": {
        "task": Job.COUNT_VERDICTS.value,
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "ask for votes": {
        "task": Job.ASK_FOR_VOTES.value,
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "measure people": {
        "task": Job.MEASURE_PEOPLE.value,
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "gather revisions": {
        "task": Job.GATHER_REVISIONS.value,
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "resume checks of markers": {
        "task": Job.RESUME_CHECKS.value,
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "resume proposals": {
        "task": Job.RESUME_PROPOSALS.value,
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "resume exports": {
        "task": Job.RESUME_EXPORTS.value,
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "resume restores": {
        "task": Job.RESUME_RESTORES.value,
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "sync deliveries that are due": {
        "task": Job.SYNC_DUE.value,
        "schedule": 30.0,
        "options": {"expires": 25},
    },
}
