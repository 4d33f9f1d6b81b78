"""Whether the ways to fill slices can be used."""

from __future__ import annotations

from django.db import models

from apps.revision.domain import Method


class MethodCheck(models.Model):
    """What a worker found when it looked at what a method needs; the web cannot look itself."""

    method = models.CharField(
        max_length=10, primary_key=True, choices=[(one.value, one.value) for one in Method]
    )
    means = models.TextField(help_text="What was looked at, as the setting names it.")
    version = models.TextField(help_text="Of what was looked at; another is looked at anew.")
    problem = models.TextField(blank=True, help_text="Why it cannot be used, as a sentence.")
    facts = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, help_text="Null while nobody has seen its end.")

    def __str__(self) -> str:
        return f"{self.method}: {self.problem or 'fits'}"
