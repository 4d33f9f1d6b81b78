"""Reports: derived, so they can be made anew from the verdicts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign
from apps.evaluation.domain.panels import REPORTED


class Evaluation(models.Model):
    """How it stands with the reports of a campaign.

    `asked_at` is when somebody last looked and a job was sent; `begun_at` is set while a job makes
    them. `seen` describes the verdicts that they were made of: while it stays the same they need
    not be made again.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="evaluation"
    )
    asked_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    took_s = models.FloatField(default=0.0, help_text="How long the last making took.")
    seen = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"evaluation of campaign {self.campaign_id}"


class Report(models.Model):
    """What one panel of the dashboard shows."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in REPORTED])
    made_at = models.DateTimeField()
    body = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "kind"], name="one_report_of_a_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in REPORTED]),
                name="report_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of campaign {self.campaign_id}"
