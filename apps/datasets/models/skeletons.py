"""Where skeletons of neurons come from, and those that were read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.connectome.twigs import TWIG_NM
from apps.core.fields import UInt64Field
from apps.datasets.models.tables import Dataset, Secret


class SkeletonSource(models.Model):
    """Where the skeletons of a dataset's neurons come from.

    `precomputed`: `address` is a precomputed skeleton source, or a volume that names one. `swc`:
    `address` is a folder with a file `<root id>.swc` for each neuron. `files`: such files that
    somebody sent, kept here. `kimimaro`: they are made of the neuron volume.
    `version` rises with each change, with which what was stored goes. A worker looks at what
    somebody names in the web; until then `checked_version` is behind.
    """

    class Kind(models.TextChoices):
        PRECOMPUTED = "precomputed"
        SWC = "swc"
        FILES = "files"
        KIMIMARO = "kimimaro"

    dataset = models.OneToOneField(
        Dataset, on_delete=models.CASCADE, related_name="skeleton_source"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    address = models.CharField(max_length=2000, blank=True)
    secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")
    nm_per_unit = models.FloatField(default=1.0, help_text="Of SWC files: 1000 where they are µm.")
    twig_nm = models.FloatField(default=TWIG_NM, help_text="Shorter twigs are taken off.")
    version = models.PositiveIntegerField(default=1)
    checked_version = models.PositiveIntegerField(default=0, help_text="That was looked at.")
    problem = models.TextField(default="", blank=True, help_text="Why it cannot be used.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["precomputed", "swc", "files", "kimimaro"]),
                name="skeleton_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(nm_per_unit__gt=0, twig_nm__gte=0), name="skeleton_lengths_are_lengths"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} skeletons of dataset {self.dataset_id}"


class SwcFile(models.Model):
    """A file with the skeleton of a neuron, as it was sent."""

    source = models.ForeignKey(SkeletonSource, on_delete=models.CASCADE, related_name="files")
    root_id = UInt64Field()
    name = models.CharField(max_length=200)
    content = models.BinaryField(help_text="The file, compressed with gzip.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "root_id"], name="one_swc_file_a_neuron"),
        ]

    def __str__(self) -> str:
        return self.name


class StoredSkeleton(models.Model):
    """The skeleton of a neuron: a tree without short twigs, as precomputed skeletons are written.

    Vertices are in nm, x, y, z. `content` is null while nobody has read it, or where it could not
    be read: then `failure` says why.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="skeletons")
    root_id = UInt64Field()
    content = models.BinaryField(null=True)
    soma = models.PositiveIntegerField(null=True, help_text="A vertex, from 0.")
    vertex_count = models.PositiveIntegerField(default=0)
    failure = models.TextField(default="", blank=True)
    asked_at = models.DateTimeField(null=True, help_text="When a browser's wish was passed on.")
    made_at = models.DateTimeField(null=True, help_text="When it was read, or was found missing.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "root_id"], name="one_skeleton_a_neuron"),
        ]

    def __str__(self) -> str:
        return f"skeleton of {self.root_id} in dataset {self.dataset_id}"
