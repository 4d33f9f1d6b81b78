"""Verdicts: what people said of instances. They are appended and never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign, Item, Lease
from apps.proofreading.domain import Label


class ErrorCategory(models.Model):
    """A kind of error that annotators of a campaign can name."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="error_categories"
    )
    key = models.CharField(max_length=50)
    title = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(null=True, help_text="Since when it is no longer offered.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "key"], name="category_key_is_unique"),
            models.UniqueConstraint(
                fields=["campaign", "position"], name="category_position_is_unique"
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class Verdict(models.Model):
    """One judgement of one item by one person. A later one replaces it, this one stays.

    `key` is made by the client, so a repeated request stores nothing twice. `late` marks what
    arrived after the lease had ended. The database refuses to change or delete a verdict.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="verdicts")
    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="verdicts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="verdicts"
    )
    key = models.UUIDField(unique=True)
    label = models.CharField(max_length=10, choices=[(label.value, label.value) for label in Label])
    note = models.TextField(blank=True)
    late = models.BooleanField(default=False)
    made_at = models.DateTimeField(help_text="When the annotator decided, by their clock.")
    recorded_at = models.DateTimeField(auto_now_add=True)
    categories = models.ManyToManyField(
        ErrorCategory, through="VerdictCategory", related_name="verdicts"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label__in=[label.value for label in Label]), name="label_is_known"
            ),
        ]
        indexes = [models.Index(fields=["item", "-id"], name="latest_verdict_of_an_item")]

    def __str__(self) -> str:
        return f"{self.label} for item {self.item_id}"


class VerdictCategory(models.Model):
    """An error category named in a verdict; as lasting as the verdict."""

    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="named")
    category = models.ForeignKey(ErrorCategory, on_delete=models.PROTECT, related_name="named")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["verdict", "category"], name="a_category_once_in_a_verdict"
            )
        ]

    def __str__(self) -> str:
        return f"category {self.category_id} of verdict {self.verdict_id}"
