"""Datasets: volumes and synapse tables, and the instances that the tables list.

All coordinates are in physical order x, y, z. Geometry never changes once it is loaded.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.accounts.models import Team
from apps.core.fields import UInt64Field
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AXIS_ORDERS, Box, Point, Resolution


class Dataset(models.Model):
    """A piece of tissue: its volumes and its synapse tables."""

    name = models.CharField(max_length=200, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Secret(models.Model):
    """A login of a bucket or of CAVE, for those who made it and for administrators to name.

    One of CAVE may belong to a team: managers of campaigns who are in it may name it for what they
    deliver, and it is sent to `server` alone.
    `sealed` is encrypted (apps/core/sealing.py). Only what reads volumes and tables, and what
    writes in CAVE, opens it; nothing shows it again. `version` rises when the secret is replaced.
    """

    class Kind(models.TextChoices):
        S3 = "s3"
        GCS = "gcs"
        HTTPS = "https"
        CAVE = "cave"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    sealed = models.BinaryField(editable=False)
    version = models.PositiveIntegerField(default=1)
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="secrets")
    server = models.CharField(
        max_length=500,
        blank=True,
        default="",
        help_text="The only one that deliveries send it to, if one is named.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["s3", "gcs", "https", "cave"]), name="secret_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(team__isnull=True) | (Q(kind="cave") & ~Q(server="")),
                name="a_teams_secret_is_for_one_server",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Volume(models.Model):
    """One precomputed volume of a dataset, at the mip that is shown.

    A cutout shows the image and a cleft; neurons and neuropil (any other segmentation around the
    synapses) are looked at in three dimensions. Only image and clefts must be there.

    `address` is a CloudVolume address. `axis_order` says which physical axis each stored axis
    holds. Resolution (nm) and bounds (voxels, half-open) are in x, y, z.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        CLEFT = "cleft"
        NEURON = "neuron"
        NEUROPIL = "neuropil"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="volumes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.CharField(max_length=2000)
    secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="volumes")
    mip = models.PositiveSmallIntegerField(default=0)
    axis_order = models.CharField(max_length=3, default="xyz")
    dtype = models.CharField(max_length=10)
    resolution_x = models.FloatField()
    resolution_y = models.FloatField()
    resolution_z = models.FloatField()
    lo_x = models.IntegerField()
    lo_y = models.IntegerField()
    lo_z = models.IntegerField()
    hi_x = models.IntegerField()
    hi_y = models.IntegerField()
    hi_z = models.IntegerField()
    is_sparse = models.BooleanField(
        default=False,
        help_text="Chunks that are not stored are background. Otherwise they are missing data.",
    )
    refused_is_absent = models.BooleanField(
        default=False,
        help_text="Of a sparse volume: a chunk that its server refuses (status 403) is one that "
        "is not stored, as in buckets that may not be listed. Otherwise it is an error.",
    )
    version = models.CharField(
        max_length=64, help_text="Hash of the volume's info file: part of every cutout's key."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "kind"], name="one_volume_of_a_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=["image", "cleft", "neuron", "neuropil"]),
                name="volume_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(axis_order__in=AXIS_ORDERS), name="axis_order_is_a_permutation"
            ),
            models.CheckConstraint(
                condition=Q(resolution_x__gt=0, resolution_y__gt=0, resolution_z__gt=0),
                name="volume_resolution_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(is_sparse=False) | ~Q(kind="image"),
                name="an_image_has_no_background",
            ),
            models.CheckConstraint(
                condition=Q(refused_is_absent=False) | Q(is_sparse=True),
                name="what_is_refused_is_absent_of_sparse_volumes",
            ),
            models.CheckConstraint(
                condition=Q(lo_x__lt=F("hi_x"), lo_y__lt=F("hi_y"), lo_z__lt=F("hi_z")),
                name="volume_is_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of dataset {self.dataset_id}"

    @property
    def resolution(self) -> Resolution:
        return Resolution(self.resolution_x, self.resolution_y, self.resolution_z)

    @property
    def bounds(self) -> Box:
        return Box(Point(self.lo_x, self.lo_y, self.lo_z), Point(self.hi_x, self.hi_y, self.hi_z))

    @property
    def grid(self) -> Grid:
        return Grid(self.resolution, self.bounds)


class SynapseTable(models.Model):
    """One version of a synapse table. Coordinates are voxels of `resolution` nm.

    `layout`, `unit` and `mapping` say how the file was read: `mapping` names the column of each
    thing, as apps/datasets/domain/layouts.py describes it.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=2000)
    resolution_x = models.FloatField()
    resolution_y = models.FloatField()
    resolution_z = models.FloatField()
    row_count = models.PositiveIntegerField()
    layout = models.CharField(max_length=20, default="synanno")
    unit = models.CharField(max_length=10, default="voxels")
    mapping = models.JSONField(default=dict)
    own_columns = models.JSONField(
        default=list,
        help_text="The columns that are kept beside those of the mapping.",
    )
    left_out = models.JSONField(
        default=list, help_text="The names of columns that were not to be kept; * means all."
    )
    withdrawn = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Source ids of what people added and took back: nothing selects them.",
    )
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "name", "version"], name="table_version_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(resolution_x__gt=0, resolution_y__gt=0, resolution_z__gt=0),
                name="table_resolution_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def resolution(self) -> Resolution:
        return Resolution(self.resolution_x, self.resolution_y, self.resolution_z)


class RefusedRows(models.Model):
    """The rows of a table's file that were not loaded, with the reasons."""

    table = models.OneToOneField(SynapseTable, on_delete=models.CASCADE, related_name="refused")
    count = models.PositiveIntegerField(help_text="All of them.")
    kept = models.PositiveIntegerField(help_text="How many of them the file lists.")
    content = models.BinaryField(help_text="A CSV file, compressed with gzip.")

    def __str__(self) -> str:
        return f"{self.count} refused rows of table {self.table_id}"


class ColumnBlock(models.Model):
    """Some rows of the columns that are kept beside those of instances.

    Rows are those of the file in its order, also those that were refused: the block of number n
    begins with the row n · 4096. `content` is a block (apps/datasets/domain/column_blocks.py),
    compressed. A large table tells an instance's row by its id; of a small one whose rows have ids
    `source_ids` has them, int64, little-endian, and −1 for rows that were refused.
    """

    table = models.ForeignKey(SynapseTable, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    source_ids = models.BinaryField(null=True)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="one_block_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"block {self.number} of table {self.table_id}"


class Instance(models.Model):
    """One synapse of a table.

    Points are in voxels of the table; a point is absent as a whole. `box` is half-open and holds
    the centre and the points. Root ids are null where the table has no neuron.

    The rows of a large table have a partition of their own (docs/adr/0010); within each partition
    the database keeps `source_id` unique in its table.
    """

    table = models.ForeignKey(SynapseTable, on_delete=models.CASCADE, related_name="instances")
    source_id = models.BigIntegerField(help_text="The row's own id, or its number from 0.")
    center_x = models.IntegerField()
    center_y = models.IntegerField()
    center_z = models.IntegerField()
    pre_x = models.IntegerField(null=True)
    pre_y = models.IntegerField(null=True)
    pre_z = models.IntegerField(null=True)
    post_x = models.IntegerField(null=True)
    post_y = models.IntegerField(null=True)
    post_z = models.IntegerField(null=True)
    box_lo_x = models.IntegerField()
    box_lo_y = models.IntegerField()
    box_lo_z = models.IntegerField()
    box_hi_x = models.IntegerField()
    box_hi_y = models.IntegerField()
    box_hi_z = models.IntegerField()
    pre_root_id = UInt64Field(null=True)
    post_root_id = UInt64Field(null=True)
    score = models.FloatField(null=True, help_text="How sure the detector was, as the table says.")
    size = models.BigIntegerField(null=True, help_text="As the table says, mostly in voxels.")
    place = models.BigIntegerField(help_text="Z-order of the centre, see apps/voxels/morton.py.")

    class Meta:
        indexes = [
            models.Index(fields=["table", "place"], name="instances_by_place"),
            models.Index(fields=["table", "pre_root_id"], name="instances_by_pre"),
            models.Index(fields=["table", "post_root_id"], name="instances_by_post"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(pre_x__isnull=True, pre_y__isnull=True, pre_z__isnull=True)
                | Q(pre_x__isnull=False, pre_y__isnull=False, pre_z__isnull=False),
                name="pre_pt_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(post_x__isnull=True, post_y__isnull=True, post_z__isnull=True)
                | Q(post_x__isnull=False, post_y__isnull=False, post_z__isnull=False),
                name="post_pt_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    box_lo_x__lte=F("center_x"),
                    box_lo_y__lte=F("center_y"),
                    box_lo_z__lte=F("center_z"),
                    box_hi_x__gt=F("center_x"),
                    box_hi_y__gt=F("center_y"),
                    box_hi_z__gt=F("center_z"),
                ),
                name="box_holds_the_center",
            ),
        ]

    def __str__(self) -> str:
        return f"instance {self.source_id} of table {self.table_id}"

    @property
    def center(self) -> Point:
        return Point(self.center_x, self.center_y, self.center_z)

    @property
    def pre_pt(self) -> Point | None:
        return _point(self.pre_x, self.pre_y, self.pre_z)

    @property
    def post_pt(self) -> Point | None:
        return _point(self.post_x, self.post_y, self.post_z)


def _point(x: int | None, y: int | None, z: int | None) -> Point | None:
    return None if x is None or y is None or z is None else Point(x, y, z)
