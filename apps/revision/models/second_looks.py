"""That somebody is to look at an instance again, though it was decided on."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.revision.domain import Decision
from apps.revision.models.revisions import Revision, RevisionLease


class SecondLook(models.Model):
    """An instance is to be mended again, or found to be as it was. Until it is decided on anew it
    stays what it was: the decision that stood, if there was one, is kept here, by whose lease and
    when.

    It is over (`ended_at`) when somebody has finished with the instance, or an expert says that it
    is to be mended. Where it is judged or discarded anew before, it is handed out no more.
    """

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="second_looks")
    asked_at = models.DateTimeField()
    stands_since = models.DateTimeField(
        null=True, help_text="When the first of those was asked for that nobody came to before it."
    )
    because = models.CharField(max_length=300, help_text="Why, told to who is handed it.")
    decision = models.CharField(
        max_length=10, blank=True, choices=[(one.value, one.value) for one in Decision]
    )
    note = models.TextField(blank=True)
    lease = models.ForeignKey(RevisionLease, null=True, on_delete=models.CASCADE, related_name="+")
    finished_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision"],
                condition=Q(ended_at__isnull=True),
                name="one_second_look_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(decision="", lease__isnull=True, finished_at__isnull=True)
                | (~Q(decision="") & Q(lease__isnull=False, finished_at__isnull=False)),
                name="what_stands_says_whose_it_is",
            ),
        ]

    def __str__(self) -> str:
        return f"second look at revision {self.revision_id}"
