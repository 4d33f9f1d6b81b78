"""What people discarded of what they called false positives. Appended, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.proofreading.models.verdicts import Verdict


class Discard(models.Model):
    """That somebody discarded an instance by what they said of it, or took that back.

    The latest of a verdict holds. It is about that verdict: where the person has said something
    else of the instance since, it is discarded no longer. `batch` is made by the client and names
    what was discarded together. The database refuses to change or delete one.
    """

    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="discards")
    batch = models.UUIDField()
    taken_back = models.BooleanField(default=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "verdict", "taken_back"], name="a_verdict_once_in_a_batch"
            ),
        ]

    def __str__(self) -> str:
        deed = "taken back" if self.taken_back else "discarded"
        return f"verdict {self.verdict_id} {deed}"
