"""Slices that are filled by a computation, for a person to accept or refuse."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.revision.domain import Method
from apps.revision.models.masks import MaskSlice
from apps.revision.models.revisions import Revision, RevisionLease


class Proposal(models.Model):
    """Masks for the slices of an instance that nobody drew, made from those that somebody did.

    `seeds` are the versions that it was made from: `{z: number}`, z in voxels of the cleft volume.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"

    key = models.UUIDField(unique=True, help_text="Made by the client.")
    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="proposals", db_index=False
    )
    lease = models.ForeignKey(RevisionLease, on_delete=models.PROTECT, related_name="proposals")
    method = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Method])
    seeds = models.JSONField()
    reach = models.PositiveSmallIntegerField(
        null=True, help_text="How many slices beyond the outermost drawn ones at most; null: all."
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    failure = models.TextField(blank=True, help_text="Why it failed, as a sentence.")
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(method__in=[one.value for one in Method]), name="method_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "ready", "failed", "cancelled"]),
                name="proposal_status_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=Q(status__in=["waiting", "running"]),
                name="proposals_to_make",
            ),
            models.Index(fields=["revision", "-id"], name="latest_proposals"),
        ]

    def __str__(self) -> str:
        return f"{self.method} proposal {self.pk} for revision {self.revision_id}"


class ProposedSlice(models.Model):
    """A slice of a proposal; its box and labels as in `MaskSlice`."""

    class Fate(models.TextChoices):
        ACCEPTED = "accepted"
        REFUSED = "refused"

    proposal = models.ForeignKey(
        Proposal, on_delete=models.CASCADE, related_name="slices", db_index=False
    )
    z = models.IntegerField()
    lo_x = models.IntegerField()
    lo_y = models.IntegerField()
    hi_x = models.IntegerField()
    hi_y = models.IntegerField()
    labels = models.BinaryField()
    voxels = models.PositiveIntegerField()
    how = models.CharField(max_length=10, help_text="between or beyond what was drawn")
    confidence = models.FloatField(help_text="0 to 1, as the method says.")
    fate = models.CharField(max_length=10, choices=Fate.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    accepted_as = models.OneToOneField(
        MaskSlice, null=True, on_delete=models.PROTECT, related_name="proposed"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "z"], name="a_slice_once_in_a_proposal"),
            models.CheckConstraint(
                condition=Q(lo_x__lt=F("hi_x"), lo_y__lt=F("hi_y")),
                name="a_proposed_slice_is_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(fate="", decided_at__isnull=True)
                | Q(fate__in=["accepted", "refused"], decided_at__isnull=False),
                name="a_decided_slice_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"slice {self.z} of proposal {self.proposal_id}"
