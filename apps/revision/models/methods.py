"""Whether the ways to fill slices can be used."""

from __future__ import annotations

from django.db import models

from apps.revision.domain import Method


class MethodCheck(models.Model):
    """What the workers of a machine found when they looked at what a method needs; the web cannot
    look itself. Each machine may have another file."""

    method = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Method])
    host = models.CharField(max_length=255, help_text="The machine, as it calls itself.")
    worker = models.CharField(
        max_length=64, blank=True, default="", help_text="Which worker there was the last to look."
    )
    means = models.TextField(help_text="What was looked at, as the setting names it.")
    version = models.TextField(help_text="Of what was looked at; another is looked at anew.")
    problem = models.TextField(blank=True, help_text="Why it cannot be used, as a sentence.")
    facts = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, help_text="Null while nobody has seen its end.")
    seen_at = models.DateTimeField(help_text="When a worker there last saw whether it changed.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "host"], name="a_method_once_on_a_machine")
        ]

    def __str__(self) -> str:
        return f"{self.method} on {self.host}: {self.problem or 'fits'}"
