"""Points in the presynaptic and postsynaptic neuron, as people set them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.core.fields import UInt64Field
from apps.revision.domain import Side
from apps.revision.models.revisions import Revision, RevisionLease


class Marker(models.Model):
    """A version of a point. The latest of its side that is not late holds; before the first it is
    the table's. Appended, never changed.

    The voxel is of the table, the place in nm is where the person set it; both are null where the
    point is taken away (a reset to a table that has none).
    """

    class Origin(models.TextChoices):
        SET = "set"
        SWAPPED = "swapped"
        RESET = "reset"  # as the table has it

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="markers")
    side = models.CharField(max_length=4, choices=[(side.value, side.value) for side in Side])
    number = models.PositiveIntegerField(help_text="Its version, counted from 1 for each side.")
    x = models.IntegerField(null=True)
    y = models.IntegerField(null=True)
    z = models.IntegerField(null=True)
    x_nm = models.FloatField(null=True)
    y_nm = models.FloatField(null=True)
    z_nm = models.FloatField(null=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.SET)
    key = models.UUIDField(unique=True, help_text="Made by the client.")
    late = models.BooleanField(default=False, help_text="It came when the lease had ended.")
    lease = models.ForeignKey(RevisionLease, on_delete=models.PROTECT, related_name="markers")
    made_at = models.DateTimeField(help_text="By the clock of the person.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "side", "number"], name="a_version_of_a_marker_once"
            ),
            models.CheckConstraint(condition=Q(side__in=["pre", "post"]), name="side_is_known"),
            models.CheckConstraint(
                condition=Q(
                    *((f"{axis}__isnull", True) for axis in ("x", "y", "z")),
                    *((f"{axis}_nm__isnull", True) for axis in ("x", "y", "z")),
                )
                | Q(
                    *((f"{axis}__isnull", False) for axis in ("x", "y", "z")),
                    *((f"{axis}_nm__isnull", False) for axis in ("x", "y", "z")),
                ),
                name="a_marker_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.number} of revision {self.revision_id}"


class MarkerCheck(models.Model):
    """In which segment of the neuron volume a marker lies, as a worker reads it; made with the
    marker where there is such a volume, and read again while that may help."""

    marker = models.OneToOneField(
        Marker, on_delete=models.PROTECT, primary_key=True, related_name="check_made"
    )
    segment = UInt64Field(null=True, help_text="0 is no segment; null where it cannot be read.")
    problem = models.TextField(blank=True, help_text="Why it cannot be read.")
    checked_at = models.DateTimeField(null=True, help_text="Null where nobody has looked yet.")
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(
        null=True, help_text="When it is looked at again if nobody has until then."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["retry_at"], condition=Q(retry_at__isnull=False), name="markers_to_check"
            )
        ]

    def __str__(self) -> str:
        return f"marker {self.marker_id} lies in {self.segment}"
