"""The masks that people draw, slice by slice, in versions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from apps.revision.models.revisions import Revision, RevisionLease


class MaskSlice(models.Model):
    """A version of one slice of an instance's mask. Appended, never changed: the latest of a slice
    that is not late holds; before the first, and where `labels` is null, it is as in the cleft
    volume.

    The slice and its box are in voxels of the cleft volume at `resolution` nm, the box half-open.
    `labels` is `(height, width)` uint8, row by row, 0 = background, 1 = cleft, compressed with
    zlib.
    """

    class Origin(models.TextChoices):
        DRAWN = "drawn"
        COPIED = "copied"  # from a slice beside it
        PROPOSED = "proposed"
        RESTORED = "restored"

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="mask_slices")
    z = models.IntegerField()
    number = models.PositiveIntegerField(help_text="Its version, counted from 1 in each slice.")
    lo_x = models.IntegerField()
    lo_y = models.IntegerField()
    hi_x = models.IntegerField()
    hi_y = models.IntegerField()
    resolution_x = models.FloatField()
    resolution_y = models.FloatField()
    resolution_z = models.FloatField()
    labels = models.BinaryField(null=True)
    voxels = models.PositiveIntegerField(help_text="How many of them are cleft.")
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.DRAWN)
    restored = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="Which version."
    )
    key = models.UUIDField(unique=True, help_text="Made by the client.")
    late = models.BooleanField(
        default=False, help_text="It came when the lease had ended or another version was newer."
    )
    lease = models.ForeignKey(RevisionLease, on_delete=models.PROTECT, related_name="mask_slices")
    made_at = models.DateTimeField(help_text="By the clock of the person.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "z", "number"], name="a_version_of_a_slice_once"
            ),
            models.CheckConstraint(
                condition=Q(lo_x__lt=F("hi_x"), lo_y__lt=F("hi_y")), name="a_slice_is_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"slice {self.z}.{self.number} of revision {self.revision_id}"
