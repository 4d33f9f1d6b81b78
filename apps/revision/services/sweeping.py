"""Have taken up what was left undone; the beat calls this, and it reads no volumes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.jobs import Job, enqueue
from apps.revision.domain import Method
from apps.revision.models import AddedSynapse, MarkerCheck, Proposal
from apps.revision.services.proposals import JOBS

LOST_AFTER = timedelta(seconds=45)
_MOST = 100
Status = Proposal.Status


def resume_checks(now: datetime) -> int:
    """Have points looked at whose job was lost, or that could not be read before, those of added
    synapses also; of how many revisions and added synapses."""
    due = MarkerCheck.objects.filter(retry_at__lte=now)
    revisions = due.values_list("marker__revision", flat=True).distinct()[:_MOST]
    for revision_id in revisions:
        enqueue(Job.CHECK_MARKERS, revision_id=revision_id)
    added = AddedSynapse.objects.filter(retry_at__lte=now).order_by("retry_at")
    waiting = added.values_list("pk", flat=True)[:_MOST]
    for added_id in waiting:
        enqueue(Job.FIND_PARTNERS, added_id=added_id)
    return len(revisions) + len(waiting)


def resume_proposals(now: datetime) -> int:
    """Have proposals made whose job was lost, or whose process was; how many. What somebody is at
    is left to them (`filling.work_on`)."""
    lost = now - LOST_AFTER
    undone = Proposal.objects.filter(
        Q(status=Status.WAITING, asked_at__lte=lost) | Q(status=Status.RUNNING, begun_at__lte=lost)
    )
    found = list(undone.order_by("asked_at").values_list("pk", "method")[:_MOST])
    for proposal_id, method in found:
        enqueue(JOBS[Method(method)], proposal_id=proposal_id)
    return len(found)
