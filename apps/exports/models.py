"""Exports: what somebody asked to be written, and how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import ExportOptions, Format

UNFINISHED = ("waiting", "writing")


class Export(models.Model):
    """Files with the results of a campaign.

    They are written in parts; `position`, `added` and `parts` say up to which outcome of the
    campaign that was done, so that a process that is killed is followed by another. `files` are
    those that are whole, `[{name, path, format, bytes, sha256}]`, their paths within the folder.
    Rows stay, the files go: `has_files` is True from before the first is written until after the
    last is deleted.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        WRITING = "writing"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        REMOVED = "removed"

    key = models.UUIDField(unique=True, help_text="Made by the client; names the folder.")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="exports")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null where it was asked for at the command line.",
    )
    formats = models.JSONField()
    options = models.JSONField()
    folder = models.TextField(
        blank=True, help_text="Where the files go; empty: to the server's own, for downloads."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    position = models.BigIntegerField(default=-1, help_text="Of the last item that was read.")
    added = models.BigIntegerField(
        null=True, help_text="The last added synapse that was read; null until all items are."
    )
    all_read = models.BooleanField(default=False)
    parts = models.PositiveIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0, help_text="Outcomes that were read.")
    total = models.PositiveBigIntegerField(null=True, help_text="How many there are to read.")
    counts = models.JSONField(default=dict, help_text="Of what was written, by state and verdict.")
    left_out = models.PositiveBigIntegerField(default=0)
    files = models.JSONField(default=list)
    has_files = models.BooleanField(default=False)
    failure = models.TextField(blank=True, help_text="Why it failed, as a sentence.")
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often it was begun since it last went on."
    )
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(help_text="When it was asked for, or last known to go on.")
    cancelled_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="When its files are deleted.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("waiting", "writing", "ready", "failed"),
                        *("cancelled", "expired", "removed"),
                    ]
                ),
                name="export_state_is_known",
            ),
            models.CheckConstraint(condition=~Q(formats=[]), name="an_export_has_formats"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "writing"]) | Q(finished_at__isnull=False),
                name="an_ended_export_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(failure=""), name="a_failed_export_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(cancelled_at__isnull=False),
                name="a_cancelled_export_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(all_read=True, has_files=True),
                name="a_ready_export_has_files",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "-id"], name="latest_exports"),
            models.Index(
                fields=["moved_at"],
                condition=Q(state__in=["waiting", "writing"]),
                name="exports_to_write",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(has_files=True), name="exports_with_files"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of campaign {self.campaign_id}"

    @property
    def wanted_formats(self) -> list[Format]:
        return [Format(name) for name in self.formats]

    @property
    def wanted_options(self) -> ExportOptions:
        return ExportOptions.of_json(self.options)
