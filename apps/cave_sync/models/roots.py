"""In which neurons delivered synapses lie, as CAVE has it from version to version."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.cave_sync.models.deliveries import Delivery
from apps.core.fields import UInt64Field
from apps.datasets.models import Instance
from apps.revision.models import SecondLook


class RootPull(models.Model):
    """That root ids were read of a materialization. `checked` are the rows that it has, `changed`
    the synapses that lie in another neuron than before. Of a version that was read whole, rows that
    came later are read, too, where they are rows of the lab's own table."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="pulls")
    version = models.PositiveIntegerField()
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    checked = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "version"], name="root_ids_are_read_once_a_version"
            ),
        ]

    def __str__(self) -> str:
        return f"root ids of version {self.version} for delivery {self.delivery_id}"


class RootChange(models.Model):
    """The mark of a synapse whose neurons have changed under it. Of a side that is as it was, both
    are the same; null is not known."""

    class Fate(models.TextChoices):
        MARKED = "marked"  # and no more: nobody wants it to be opened again
        WAITING = "waiting"  # to be opened again; `why_not` says why it is not yet
        OPENED = "opened"  # as `look`
        LEFT = "left"  # it need not be; `why_not` says why

    class Answer(models.TextChoices):
        AWAITED = "awaited"  # nobody has decided yet
        DECIDED = "decided"  # somebody has looked at it again
        JUDGED = "judged"  # nobody looks any more: judged, discarded or withdrawn since
        ASKED_ANEW = "asked_anew"  # so it was, and was then opened again: as another mark says

    pull = models.ForeignKey(RootPull, on_delete=models.CASCADE, related_name="changes")
    # Instances have no foreign keys of the database (docs/adr/0010); their table is protected.
    instance = models.ForeignKey(
        Instance, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    pre_before = UInt64Field(null=True)
    pre_now = UInt64Field(null=True)
    post_before = UInt64Field(null=True)
    post_now = UInt64Field(null=True)
    seen_at = models.DateTimeField(default=timezone.now)
    fate = models.CharField(max_length=8, choices=Fate.choices, default=Fate.MARKED)
    why_not = models.CharField(max_length=100, blank=True)
    look = models.ForeignKey(SecondLook, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pull", "instance"], name="one_mark_a_version"),
            models.CheckConstraint(
                condition=Q(fate__in=["marked", "waiting", "opened", "left"]),
                name="fate_of_a_change_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["pull"], condition=Q(fate="waiting"), name="changes_to_open_again")
        ]

    def __str__(self) -> str:
        return f"instance {self.instance_id} in other neurons"

    @property
    def answer(self) -> str | None:
        """What came of opening it again; None of what was not."""
        if self.look is None:
            return None
        if self.look.ended_at is not None:
            others = self.look.revision.second_looks.all()
            is_anew = any(_is_instead_of(self.look, other) for other in others)
            return self.Answer.ASKED_ANEW if is_anew else self.Answer.DECIDED
        revision = self.look.revision
        is_withdrawn = revision.added is not None and revision.added.withdrawn_at is not None
        is_looked_at = revision.wanted and not is_withdrawn
        return self.Answer.AWAITED if is_looked_at else self.Answer.JUDGED

    @property
    def decided_at(self) -> datetime | None:
        """When somebody has decided anew; None where nobody has."""
        if self.look is None or self.answer != self.Answer.DECIDED:
            return None
        return self.look.ended_at


def _is_instead_of(look: SecondLook, later: SecondLook) -> bool:
    """Whether the later look was asked for in the place of one that nobody had come to: that one
    ended with it, undecided."""
    return later.stands_since is not None and later.asked_at == look.ended_at
