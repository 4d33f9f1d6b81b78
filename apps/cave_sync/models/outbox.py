"""What is in CAVE, or is to be, row by row: the one record of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.cave_sync.models.deliveries import Delivery
from apps.cave_sync.models.runs import SyncRun
from apps.core.fields import UInt64Field
from apps.datasets.models import Instance

LIVE = ("wanted", "sending", "held", "failed")
# CAVE stumbled at them when they were sent or deleted, as `error` says: they are tried one by one.
ASIDE = Q(state__in=["sending", "leaving"]) & ~Q(error="")


class OutboxRow(models.Model):
    """A row of CAVE; its id is the annotation's, and is used once.

    A change of a synapse is a row of its own, which `replaces` this one (docs/adr/0015); of a
    verdict or category it is another payload. Who said it, when, under which version of the
    campaign and which settling policy (that of `wanted_in`) stays here, also of what was taken out
    of CAVE.
    """

    class State(models.TextChoices):
        WANTED = "wanted"  # to be posted; to be put where it was sent before
        SENDING = "sending"  # may be there; where `error` says something it was set aside
        HELD = "held"  # is there as it should be
        FAILED = "failed"  # cannot be there; `error` says why
        LEAVING = "leaving"  # is to be deleted, or was set aside
        GONE = "gone"

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="rows")
    # Instances have no foreign keys of the database (docs/adr/0010); their table is protected.
    # Each index is written twice for each row that is sent: there are few.
    instance = models.ForeignKey(
        Instance, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    part = models.CharField(max_length=100, blank=True, help_text="Which category, of categories.")
    payload = models.JSONField(help_text="The values as they are sent.")
    digest = models.CharField(max_length=32, help_text="Of the payload.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WANTED)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, help_text="When CAVE first had it.")
    doubted_at = models.DateTimeField(
        null=True, help_text="When it was sent and nobody knows whether an older call follows."
    )
    gone_at = models.DateTimeField(null=True, help_text="When CAVE had it no more.")
    outcome = models.CharField(max_length=12, help_text="What the synapse was when it was wanted.")
    people = ArrayField(models.IntegerField(), default=list, help_text="Who said so.")
    said_at = models.DateTimeField(null=True, help_text="When they did.")
    version = models.PositiveIntegerField(help_text="Of the campaign.")
    pre_root_id = UInt64Field(null=True, help_text="As CAVE had it last.")
    post_root_id = UInt64Field(null=True)
    roots_version = models.PositiveIntegerField(
        null=True, help_text="The version of CAVE of which they were read last."
    )
    replaces = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The row that goes when this one is there.",
    )
    wanted_in = models.ForeignKey(
        SyncRun, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "instance", "part"],
                condition=Q(state__in=LIVE),
                name="one_live_row_of_a_synapse",
            ),
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="a_row_has_one_heir"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*LIVE, "leaving", "gone"]), name="outbox_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["held", "leaving"]) | Q(sent_at__isnull=False),
                name="what_is_held_was_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error=""), name="a_failed_row_says_why"
            ),
            models.CheckConstraint(condition=Q(id__gte=1), name="annotation_ids_begin_at_1"),
        ]
        indexes = [
            models.Index(
                fields=["delivery", "state", "id"],
                condition=~Q(state__in=["held", "gone"]),
                name="rows_to_see_to",
            ),
            models.Index(
                fields=["delivery"],
                condition=Q(doubted_at__isnull=False),
                name="rows_to_look_at_again",
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.pk} of delivery {self.delivery_id}"
