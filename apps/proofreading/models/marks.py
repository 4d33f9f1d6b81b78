"""Where people think that a synapse was missed. Appended, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.campaigns.models import Lease


class MissedMark(models.Model):
    """What somebody said at some time of a place where they think that a synapse was missed.

    `key` is made by the client and names the mark: the latest row of a key that came in time holds,
    so a mark is moved, noted or removed by one row more. `late` is what came after the lease had
    ended: it changes no mark that was set in time. The database refuses to change or delete one.
    """

    key = models.UUIDField()
    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="marks")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="missed_marks"
    )
    x = models.IntegerField(help_text="A voxel of the table.")
    y = models.IntegerField()
    z = models.IntegerField()
    note = models.TextField(blank=True)
    removed = models.BooleanField(default=False)
    late = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["key", "-id"], name="latest_of_a_mark")]

    def __str__(self) -> str:
        return f"mark {self.key} at {self.x}, {self.y}, {self.z}"
