"""The instances that are to be mended, and who has which."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign, Item
from apps.datasets.models import Instance, SynapseTable
from apps.revision.domain import Decision
from apps.revision.models.additions import AddedSynapse

DEPTH = 16


class RevisionSettings(models.Model):
    """How a campaign's instances are mended; as by default where it has none."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="revision_settings"
    )
    is_paused = models.BooleanField(default=False, help_text="Nothing is handed out meanwhile.")
    depth = models.PositiveSmallIntegerField(
        default=DEPTH, help_text="Slices of the cleft volume that can be drawn on, at least."
    )
    near_nm = models.FloatField(
        default=300.0, help_text="A synapse added this near to another may be the same."
    )
    additions = models.OneToOneField(
        SynapseTable,
        null=True,
        on_delete=models.PROTECT,
        related_name="additions_of",
        help_text="The table of what was missed; none before the first is added.",
    )
    gathered = models.CharField(
        max_length=200,
        blank=True,
        help_text="Who decided what was disputed when instances were last gathered.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(depth__gte=1), name="revision_depth_is_positive"),
            models.CheckConstraint(condition=Q(near_nm__gte=0), name="near_is_a_distance"),
        ]

    def __str__(self) -> str:
        """As the campaign: whoever deletes the table of what was missed is told what has it."""
        return str(self.campaign)


class Revision(models.Model):
    """An instance that somebody is to mend: an item that came to be incorrect or unsure, or a
    synapse that was added.

    It is made when the item is settled, and is `wanted` no more when it comes to be correct or is
    discarded; what was drawn stays. `lease` is the latest one, held while `held_until` lies ahead.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    item = models.OneToOneField(Item, null=True, on_delete=models.PROTECT, related_name="revision")
    added = models.OneToOneField(
        AddedSynapse, null=True, on_delete=models.PROTECT, related_name="revision"
    )
    rank = models.BigIntegerField(help_text="Of lower rank is handed out first.")
    wanted = models.BooleanField(default=True)
    lease = models.OneToOneField(
        "RevisionLease", null=True, on_delete=models.PROTECT, related_name="current_revision"
    )
    held_until = models.DateTimeField(null=True)
    decision = models.CharField(
        max_length=10, blank=True, choices=[(one.value, one.value) for one in Decision]
    )
    note = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)
    seen_depth = models.PositiveSmallIntegerField(
        null=True, help_text="Slices that it was ever shown with for drawing: it keeps as many."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=False, added__isnull=True)
                | Q(item__isnull=True, added__isnull=False),
                name="a_revision_is_of_an_item_or_an_added_one",
            ),
            models.CheckConstraint(
                condition=Q(held_until__isnull=True) | Q(lease__isnull=False),
                name="a_held_revision_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, decision="")
                | Q(
                    finished_at__isnull=False,
                    decision__in=[one.value for one in Decision],
                    held_until__isnull=True,
                    lease__isnull=False,
                ),
                name="a_finished_revision_says_as_what",
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "rank", "id"],
                condition=Q(finished_at__isnull=True, wanted=True),
                name="revisions_to_do",
            ),
            models.Index(fields=["campaign", "-finished_at"], name="revisions_done"),
        ]

    def __str__(self) -> str:
        return f"revision {self.pk} of campaign {self.campaign_id}"

    @property
    def instance(self) -> Instance:
        """What is mended; read with the item or the added synapse."""
        if self.item is not None:
            return self.item.instance
        if self.added is not None:
            return self.added.instance
        raise Instance.DoesNotExist(f"{self} is of no instance")  # the database does not let it be


class RevisionLease(models.Model):
    """A revision handed to a person for a time. The token fences off whoever held it before."""

    class Ending(models.TextChoices):
        FINISHED = "finished"
        EXPIRED = "expired"
        RELEASED = "released"  # put back by the person
        WITHDRAWN = "withdrawn"  # by a manager

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="leases")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="revision_leases"
    )
    token = models.UUIDField(unique=True)
    leased_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was put back.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(
                    ended_at__isnull=False,
                    ending__in=["finished", "expired", "released", "withdrawn"],
                ),
                name="an_ended_revision_lease_says_how",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user"],
                condition=Q(ended_at__isnull=True),
                name="revision_leases_not_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"lease of revision {self.revision_id} by user {self.user_id}"
