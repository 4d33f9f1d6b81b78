"""Synapses that the table missed and people added."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.campaigns.models import Campaign
from apps.datasets.models import Instance


class AddedSynapse(models.Model):
    """A synapse that somebody added to a campaign; it is an instance of the table that the
    campaign has for them (`RevisionSettings.additions`).

    `key` is made by the client: the same request sent again adds nothing. A withdrawn one stays,
    and is in no result.
    """

    key = models.UUIDField(unique=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="added_synapses")
    # Instances have no foreign keys of the database (docs/adr/0010); their table is protected.
    instance = models.OneToOneField(
        Instance, on_delete=models.PROTECT, related_name="added", db_constraint=False
    )
    first_z = models.IntegerField(help_text="The first slice that it is seen in; table voxels.")
    last_z = models.IntegerField(help_text="The last one.")
    note = models.TextField(blank=True)
    near = models.JSONField(
        default=list, help_text="What was shown as near before it was saved all the same."
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="added_synapses"
    )
    added_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    # In which neurons its points lie is read by workers, and again while that may help.
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(
        null=True, help_text="When its neurons are read if nobody has until then."
    )
    problem = models.TextField(blank=True, default="", help_text="Why its neurons cannot be read.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first_z__lte=F("last_z")), name="added_slices_are_in_order"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="who_withdrew_it_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "id"], name="added_of_a_campaign"),
            models.Index(
                fields=["retry_at"], condition=Q(retry_at__isnull=False), name="added_to_read"
            ),
        ]

    def __str__(self) -> str:
        return f"added synapse {self.pk} of campaign {self.campaign_id}"


class AnsweredMark(models.Model):
    """What became of a mark that says where a synapse may be missed. Appended, never changed: the
    latest of a mark holds.

    `mark` is the key of proofreading's `MissedMark`.
    """

    class Answer(models.TextChoices):
        ADDED = "added"
        DISMISSED = "dismissed"
        OPEN = "open"  # an answer was taken back

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="answered_marks")
    mark = models.UUIDField()
    answer = models.CharField(max_length=10, choices=Answer.choices)
    added = models.ForeignKey(
        AddedSynapse, null=True, on_delete=models.PROTECT, related_name="marks"
    )
    reason = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="added", added__isnull=False)
                | Q(answer__in=["dismissed", "open"], added__isnull=True),
                name="an_added_mark_names_its_synapse",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "mark", "-id"], name="latest_answer_of_a_mark")]

    def __str__(self) -> str:
        return f"mark {self.mark}: {self.answer}"
