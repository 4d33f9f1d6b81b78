"""Where a campaign delivers what, and how."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.campaigns.models import Campaign
from apps.cave_sync.domain.deliveries import Kind, MendedAs
from apps.datasets.models import Secret

LONGEST_PAUSE_MINUTES = 7 * 24 * 60


class Delivery(models.Model):
    """What a campaign keeps in one table of CAVE, which nobody else writes.

    `revision` counts what decides over rows and table: a dry run looks at one (`checked_revision`)
    and says what it found in `found`; only what was looked at and is without problems is started.
    `key` stands in the description of a table that was made for it, which is known by that.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        CHECKING = "checking"  # a dry run is asked for
        ACTIVE = "active"
        PAUSED = "paused"
        FAILED = "failed"  # CAVE refused for good; `failure` says it in its words

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    secret = models.ForeignKey(Secret, on_delete=models.PROTECT, related_name="deliveries")
    server = models.CharField(max_length=500)
    datastack = models.CharField(max_length=200)
    aligned_volume = models.CharField(
        max_length=200, blank=True, help_text="Where the table lies, as CAVE said last."
    )
    table = models.CharField(max_length=63)
    schema = models.CharField(max_length=100)
    reference_table = models.CharField(max_length=63, blank=True)
    resolution_x = models.FloatField(help_text="nm of a voxel in which the table counts.")
    resolution_y = models.FloatField()
    resolution_z = models.FloatField()
    resolution_from_cave = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The size of a voxel is read from CAVE when it is tried.",
    )
    taken = models.JSONField(default=list, help_text="Which outcomes become synapses.")
    mended_as = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in MendedAs],
        default=MendedAs.CORRECT.value,
    )
    fillings = models.JSONField(default=dict, help_text="What fills each field of the schema.")
    words = models.JSONField(default=dict, help_text="What each label or category is called.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    checked_revision = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    check_asked_at = models.DateTimeField(null=True)
    check_attempts = models.PositiveSmallIntegerField(default=0)
    found = models.JSONField(
        default=dict, help_text="What the dry run found: problems, notices, counts, ten rows."
    )
    failure = models.TextField(blank=True, help_text="Why it goes on no more, in CAVE's words.")
    every_minutes = models.PositiveIntegerField(
        null=True, help_text="How often it is brought up to date; null: when somebody asks."
    )
    reads_roots = models.BooleanField(
        default=False, help_text="In which neurons synapses lie is read of each new version."
    )
    reopens_changed = models.BooleanField(
        default=False, help_text="Synapses that lie in other neurons by then are opened again."
    )
    held = models.PositiveIntegerField(
        default=0, help_text="Rows that CAVE had as they should be when the last run ended."
    )
    missing = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Rows that were sent and that CAVE did not have when it was asked last.",
    )
    mends = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What is missing in CAVE is sent again, as a manager has said.",
    )
    due_at = models.DateTimeField(null=True, help_text="When it is brought up to date next.")
    made_at = models.DateTimeField(null=True, help_text="When its table was made or taken over.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["server", "datastack", "table"], name="a_table_has_one_delivery"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="delivery_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "checking", "active", "paused", "failed"]),
                name="delivery_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(mended_as__in=[one.value for one in MendedAs]),
                name="mended_as_is_known",
            ),
            models.CheckConstraint(
                condition=Q(resolution_x__gt=0, resolution_y__gt=0, resolution_z__gt=0),
                name="delivery_resolution_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(kind="synapses", reference_table="")
                | (~Q(kind="synapses") & ~Q(reference_table="")),
                name="verdicts_name_their_table",
            ),
            models.CheckConstraint(
                condition=Q(every_minutes__isnull=True)
                | Q(every_minutes__gte=1, every_minutes__lte=LONGEST_PAUSE_MINUTES),
                name="delivery_pause_is_a_pause",
            ),
            models.CheckConstraint(
                condition=Q(checked_revision__lte=F("revision")), name="no_check_of_the_future"
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(checked_revision=F("revision")),
                name="what_is_active_was_checked",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(failure=""), name="a_failure_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False, state="active"),
                name="deliveries_to_sync",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of campaign {self.campaign_id} to {self.table}"

    @property
    def resolution(self) -> tuple[float, float, float]:
        return self.resolution_x, self.resolution_y, self.resolution_z

    @property
    def is_checked(self) -> bool:
        """Whether a dry run has found it without problems as it is now."""
        return self.checked_revision == self.revision and not self.found.get("problems")
