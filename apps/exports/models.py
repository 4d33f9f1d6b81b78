"""Exports: what somebody asked to be written, and how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign, Item
from apps.exports.domain.formats import ExportOptions, Format
from apps.revision.models import AddedSynapse

UNFINISHED = ("waiting", "writing")


class Export(models.Model):
    """Files with the results of a campaign.

    They are written in parts; `position`, `added` and `parts` say up to which outcome of the
    campaign that was done, so that a process that is killed is followed by another. `files` are
    those that are whole, `[{name, path, format, bytes, sha256, notes}]`, their paths within the
    folder, and as notes what their format has to say of them. Rows stay, the files go:
    `has_files` is True from before the first is written until after the last is deleted.
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
    waits_since = models.DateTimeField(
        null=True, help_text="Since when something that it reads does not answer."
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


class Restore(models.Model):
    """A file of SynAnno that somebody sent to make a campaign of it. Workers share no disk with the
    web process: it lies here in parts, and goes once the campaign is made, or after some days."""

    class State(models.TextChoices):
        READING = "reading"  # a worker is to look what the file holds
        REFUSED = "refused"
        READ = "read"  # it waits for what the person chooses
        WAITING = "waiting"  # a worker is to make the campaign
        MAKING = "making"
        MADE = "made"

    key = models.UUIDField(unique=True, help_text="Made by the client.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=200, help_text="Of the file.")
    size = models.PositiveIntegerField(default=0, help_text="Bytes.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    found = models.JSONField(default=dict, help_text="What the file holds, once it is read.")
    choices = models.JSONField(default=dict, help_text="What was asked for last.")
    failure = models.TextField(blank=True, help_text="Why not, as a sentence.")
    field = models.CharField(max_length=40, blank=True, help_text="Which choice that is about.")
    notices = models.JSONField(default=list, help_text="What the person should know of it.")
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.SET_NULL, related_name="restores"
    )
    done = models.PositiveIntegerField(default=0, help_text="Records.")
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often the present step was begun."
    )
    asked_at = models.DateTimeField()
    had_turn_at = models.DateTimeField(
        null=True, help_text="When something that lasts was last begun with it."
    )
    moved_at = models.DateTimeField(help_text="When work on it was last known to go on.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["reading", "refused", "read", "waiting", "making", "made"]),
                name="restore_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(failure=""), name="a_refused_file_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "-id"], name="restores_of_a_person"),
            models.Index(
                fields=["moved_at"],
                condition=Q(state__in=["reading", "waiting", "making"]),
                name="restores_to_do",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RestorePart(models.Model):
    """A piece of the file."""

    restore = models.ForeignKey(Restore, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restore", "number"], name="one_restore_part_of_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.restore_id}"


class RestoredTimes(models.Model):
    """When a restored file says that its errors were categorized, which is no step of its own here.
    Files of the campaign say it again."""

    campaign = models.OneToOneField(
        Campaign, primary_key=True, on_delete=models.CASCADE, related_name="restored_times"
    )
    categorized = models.JSONField(help_text="Begin, end and length: texts of the file, or null.")

    def __str__(self) -> str:
        return f"times of campaign {self.campaign_id}"


class RestoredPlace(models.Model):
    """What a restored file said of a record that the campaign itself has no place for: of an item
    where on the walk along its neuron it lies, of an added synapse also its page and number, and of
    both another cutout than the campaign shows. Files of the campaign say it again."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="restored_places")
    item = models.OneToOneField(Item, null=True, on_delete=models.CASCADE, related_name="restored")
    added = models.OneToOneField(
        AddedSynapse, null=True, on_delete=models.CASCADE, related_name="restored"
    )
    page = models.PositiveIntegerField()
    index = models.PositiveIntegerField(help_text="Image_Index.")
    neuron_id = models.JSONField(help_text="A number or a text, as in the file.")
    section_index = models.IntegerField()
    tree_traversal_index = models.IntegerField()
    cutout = models.JSONField(
        null=True, help_text="Keys of the record; null where they are those of the campaign."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=True, added__isnull=False)
                | Q(item__isnull=False, added__isnull=True),
                name="a_restored_place_is_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"Image_Index {self.index} of campaign {self.campaign_id}"
