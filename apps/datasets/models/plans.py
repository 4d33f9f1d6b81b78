"""Datasets that somebody is about to make."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.datasets.models.tables import Dataset, SynapseTable


class DatasetPlan(models.Model):
    """A dataset, or the next version of a table, that somebody is about to make; theirs alone.

    `settings` is what they said, as apps/datasets/serializers.py checks it. `examined` is what a
    worker found out about it, `problems` what is wrong with it: a sentence for each field. Both
    belong to the settings of `examined_revision`; each change of settings makes a new revision.
    `preview` holds some instances of the table, whose pictures are cutouts like any other.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        SAVING = "saving"
        SAVED = "saved"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    dataset = models.ForeignKey(
        Dataset,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Of which a table gets a version more; none where the dataset is new, too.",
    )
    settings = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    examined = models.JSONField(default=dict)
    problems = models.JSONField(default=dict)
    examined_revision = models.PositiveIntegerField(default=0)
    preview = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    progress = models.JSONField(default=dict, help_text="What is being done, and with which row.")
    cancelled_at = models.DateTimeField(null=True)
    failure = models.TextField(default="", help_text="Why it could not be saved.")
    refused_count = models.PositiveIntegerField(default=0)
    refused = models.BinaryField(null=True, help_text="The rows that refused the table, as a file.")
    table = models.ForeignKey(
        SynapseTable, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Made."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    moved_at = models.DateTimeField(help_text="When work on it was asked for, or last went on.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "saving", "saved"]), name="plan_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}"


class TableUpload(models.Model):
    """The file of a table that somebody sent with a plan; here, since workers share no disk with
    the web process. It goes with the plan, or when the plan is saved."""

    plan = models.OneToOneField(DatasetPlan, on_delete=models.CASCADE, related_name="upload")
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(help_text="Bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")

    def __str__(self) -> str:
        return self.name


class UploadPart(models.Model):
    """A piece of an uploaded file."""

    upload = models.ForeignKey(TableUpload, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_part_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of upload {self.upload_id}"
