"""Each time that a delivery was brought up to date."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.cave_sync.domain.missing import told_of
from apps.cave_sync.models.deliveries import Delivery


class SyncRun(models.Model):
    """One time. It is over where `finished_at` is set; until then a worker is at it, or one takes
    it up: `moved_at` is when it was last at it.

    posted, put, deleted: rows of which CAVE has said so, or was read to have it. mended: rows that
    had to be read back, as nobody knew what had become of them.
    """

    class Stage(models.TextChoices):
        WAITING = "waiting"  # for a worker
        READING = "reading"  # back what became of rows that were under way
        GATHERING = "gathering"  # what is to be there
        SENDING = "sending"
        ROOTS = "roots"  # in which neurons synapses lie is read
        DONE = "done"
        STOPPED = "stopped"  # somebody has paused or changed the delivery
        FAILED = "failed"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="runs")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Null where it was time.",
    )
    asked_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.WAITING)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker has begun since it last moved on."
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    posted = models.PositiveIntegerField(default=0)
    put = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    mended = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0, help_text="Rows that cannot be there.")
    words = models.TextField(blank=True, help_text="Why it failed, in CAVE's own words.")
    compared = models.JSONField(
        null=True,
        help_text="Where CAVE was compared with what was sent: how many rows were lacking how.",
    )
    compared_to = models.BigIntegerField(
        default=0, db_default=0, help_text="The last row that was compared."
    )
    policy = models.JSONField(
        default=dict, help_text="How the campaign settled its verdicts when rows were gathered."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(finished_at__isnull=True),
                name="one_sync_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    stage__in=[
                        *("waiting", "reading", "gathering", "sending", "roots"),
                        *("done", "stopped", "failed"),
                    ]
                ),
                name="sync_stage_is_known",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["done", "stopped", "failed"], finished_at__isnull=False)
                | (~Q(stage__in=["done", "stopped", "failed"]) & Q(finished_at__isnull=True)),
                name="what_is_over_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["delivery", "-id"], name="latest_syncs"),
            models.Index(
                fields=["moved_at"],
                condition=Q(finished_at__isnull=True),
                name="syncs_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"sync {self.pk} of delivery {self.delivery_id}"

    @property
    def notice(self) -> str:
        """What came of looking for missing rows; nothing where nobody has asked for it."""
        return "" if self.compared is None else told_of(self.compared)
