"""In which neurons delivered synapses lie, as CAVE has it from version to version."""

from __future__ import annotations

from django.db import models

from apps.cave_sync.models.deliveries import Delivery
from apps.core.fields import UInt64Field
from apps.datasets.models import Instance


class RootPull(models.Model):
    """That root ids were read of a materialization; once a version. `checked` are the rows that it
    has, `changed` the synapses that lie in another neuron than before."""

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

    pull = models.ForeignKey(RootPull, on_delete=models.CASCADE, related_name="changes")
    # Instances have no foreign keys of the database (docs/adr/0010); their table is protected.
    instance = models.ForeignKey(
        Instance, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    pre_before = UInt64Field(null=True)
    pre_now = UInt64Field(null=True)
    post_before = UInt64Field(null=True)
    post_now = UInt64Field(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pull", "instance"], name="one_mark_a_version"),
        ]

    def __str__(self) -> str:
        return f"instance {self.instance_id} in other neurons"
