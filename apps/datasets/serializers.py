"""What people say of datasets and tables, checked field by field, and what they are told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.secrets import LONGEST_SECRET
from apps.datasets.models import DatasetPlan, Secret, SynapseTable, Volume
from apps.datasets.selectors.plans import is_examined, upload_of
from apps.voxels.geometry import AXIS_ORDERS

NEEDED_KINDS = (Volume.Kind.IMAGE, Volume.Kind.CLEFT)
_LONGEST_MAPPING = 10_000


class TableFilters(serializers.Serializer[Any]):
    dataset = serializers.CharField(max_length=200, default="", help_text="The name of a dataset.")
    name = serializers.CharField(max_length=200, default="", help_text="The name of a table.")


class TableSerializer(serializers.ModelSerializer[SynapseTable]):
    dataset = serializers.CharField(source="dataset.name")
    resolution_nm = serializers.SerializerMethodField(help_text="Of its voxels, along x, y, z.")

    class Meta:
        model = SynapseTable
        fields = ("id", "dataset", "name", "version", "row_count", "resolution_nm", "loaded_at")

    def get_resolution_nm(self, table: SynapseTable) -> list[float]:
        return [table.resolution_x, table.resolution_y, table.resolution_z]


class SecretSerializer(serializers.ModelSerializer[Secret]):
    kind = serializers.ChoiceField(choices=Secret.Kind.choices)
    owner = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    team = serializers.CharField(
        source="team.name",
        default=None,
        allow_null=True,
        help_text="Its managers may name it for what they deliver to CAVE.",
    )

    class Meta:
        model = Secret
        fields = ("id", "name", "kind", "owner", "team", "server", "created_at", "replaced_at")


class ReplacedSecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(
        max_length=LONGEST_SECRET,
        write_only=True,
        help_text="S3: JSON with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; Google: the file of "
        "a service account; https and CAVE: a token.",
    )


class NewSecretSerializer(ReplacedSecretSerializer):
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=Secret.Kind.choices)
    team = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of tokens of CAVE: a team whose managers may name it as well.",
    )
    server = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of those of a team: where alone it is sent, as https://global.daf-apis.com.",
    )


class NmField(serializers.ListField):
    """Nanometres along x, y, z."""

    def __init__(self, **options: Any) -> None:
        child = serializers.FloatField(min_value=0.001, max_value=10_000_000)
        super().__init__(child=child, min_length=3, max_length=3, **options)

    def to_internal_value(self, data: Any) -> list[float]:
        sizes: list[float] = super().to_internal_value(data)
        if not all(math.isfinite(size) for size in sizes):
            raise serializers.ValidationError("Give three numbers.")
        return sizes


class MappingField(serializers.DictField):
    """Which column holds what; apps/datasets/domain/layouts.py says how."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        mapping: dict[str, Any] = super().to_internal_value(data)
        try:
            text = json.dumps(mapping, allow_nan=False)  # 1e400 is read as infinite
        except ValueError as error:
            raise serializers.ValidationError("This names no columns.") from error
        if len(text) > _LONGEST_MAPPING or "\\u0000" in text:
            raise serializers.ValidationError("This names no columns.")
        return mapping


class VolumeSettings(serializers.Serializer[Any]):
    """A volume as somebody names it; an empty address is one that is not given yet."""

    address = serializers.CharField(max_length=2000, allow_blank=True, default="")
    secret = serializers.CharField(
        max_length=100, allow_blank=True, default="", help_text="The name of a secret of yours."
    )
    mip = serializers.IntegerField(min_value=0, max_value=63, default=0)
    axis_order = serializers.ChoiceField(choices=AXIS_ORDERS, default="xyz")
    resolution = NmField(
        allow_null=True, default=None, help_text="nm, if the volume's info is wrong."
    )
    is_sparse = serializers.BooleanField(
        default=False, help_text="Chunks that are not stored are background; of no image."
    )
    refused_is_absent = serializers.BooleanField(
        default=False,
        help_text="Of a sparse volume: a chunk that its server refuses (status 403) is one that is "
        "not stored, as in buckets that may not be listed.",
    )


class TableSettings(serializers.Serializer[Any]):
    """A synapse table as somebody names it; without a path, the file that was sent."""

    path = serializers.CharField(
        max_length=2000,
        allow_blank=True,
        default="",
        help_text="A file under SYNANNO_VOLUME_ROOTS, or an address.",
    )
    secret = serializers.CharField(
        max_length=100,
        allow_blank=True,
        default="",
        help_text="The name of a secret of yours that opens the address.",
    )
    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    layout = serializers.ChoiceField(
        choices=("synanno", "cave", "h01"), allow_null=True, default=None
    )
    mapping = MappingField(allow_null=True, default=None)
    unit = serializers.ChoiceField(
        choices=[unit.value for unit in Unit], allow_null=True, default=None
    )
    resolution = NmField(allow_null=True, default=None, help_text="nm of a voxel of the table.")
    skip_refused = serializers.BooleanField(
        default=False, help_text="Load the other rows where some cannot be used."
    )
    leave_out = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=1_000,
        allow_null=True,
        default=None,
        help_text="Columns that are not kept for people to look at; * means all, null what the "
        "latest version left out.",
    )


class PlanSettings(serializers.Serializer[Any]):
    """Parts of a plan; each that is given replaces the former one. null leaves a volume out."""

    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    table = TableSettings(required=False)
    crop_size = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**15),
        min_length=3,
        max_length=3,
        required=False,
        help_text="Voxels of the clefts, along x, y, z.",
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)

    def get_fields(self) -> dict[str, Any]:
        volumes = {
            kind.value: VolumeSettings(required=False, allow_null=kind not in NEEDED_KINDS)
            for kind in Volume.Kind
        }
        return {**super().get_fields(), **volumes}


class NewPlanSerializer(PlanSettings):
    dataset = serializers.CharField(
        max_length=200,
        required=False,
        help_text="The name of a dataset that is there, of which only a table is given.",
    )


class PreviewRequest(serializers.Serializer[Any]):
    seed = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Another draws others."
    )


class TableFileSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="CSV, Parquet or Feather of at most 100 MB.")


def _numbers(child: type[serializers.Field[Any, Any, Any, Any]], **options: Any) -> Any:
    return serializers.ListField(child=child(), **options)


class ScaleSerializer(serializers.Serializer[Any]):
    """A mip; nm and voxels in x, y, z."""

    mip = serializers.IntegerField()
    resolution_nm = _numbers(serializers.FloatField)
    size = _numbers(serializers.IntegerField)
    offset = _numbers(serializers.IntegerField)
    chunk = _numbers(serializers.IntegerField)
    encoding = serializers.CharField()


class BoundsSerializer(serializers.Serializer[Any]):
    lo = _numbers(serializers.IntegerField)
    hi = _numbers(serializers.IntegerField)


class FoundVolumeSerializer(serializers.Serializer[Any]):
    """What a volume says of itself. Without dtype, bounds and resolution it cannot be used as it
    is named; `problems` says why."""

    scales = ScaleSerializer(many=True)
    dtype = serializers.CharField(required=False)
    resolution_nm = _numbers(serializers.FloatField, required=False)
    bounds = BoundsSerializer(required=False)


class MeaningSerializer(serializers.Serializer[Any]):
    unit = serializers.CharField()
    resolution_nm = _numbers(serializers.FloatField)
    usable = serializers.IntegerField(help_text="Of the first rows.")


class FoundTableSerializer(serializers.Serializer[Any]):
    """What a table holds. `unit` and `resolution_nm` are what was said, or as the source or the
    latest version has them, or else under which the most of the first rows can be used; `guessed`
    says which these are."""

    name = serializers.CharField()
    columns = _numbers(serializers.CharField)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    layout = serializers.CharField(required=False)
    mapping = serializers.DictField(required=False)
    unit = serializers.CharField(required=False)
    resolution_nm = _numbers(serializers.FloatField, required=False)
    guessed = _numbers(serializers.CharField, required=False)
    looked_at = serializers.IntegerField(required=False)
    usable = serializers.IntegerField(required=False, help_text="Of the rows that were looked at.")
    faults = _numbers(serializers.CharField, required=False)
    others = _numbers(
        serializers.CharField, required=False, help_text="The columns that can be kept besides."
    )
    left_out = _numbers(serializers.CharField, required=False, help_text="Of these.")
    meanings = MeaningSerializer(many=True, required=False)


class CropSerializer(serializers.Serializer[Any]):
    nm = _numbers(serializers.FloatField)
    image_voxels = _numbers(serializers.IntegerField)


class ExaminedSerializer(serializers.Serializer[Any]):
    volumes = serializers.DictField(child=FoundVolumeSerializer())
    tables = _numbers(serializers.CharField, help_text="The names of those the dataset has.")
    table = FoundTableSerializer(allow_null=True)
    crop = CropSerializer(allow_null=True)


class PreviewedSerializer(serializers.Serializer[Any]):
    """An instance that was drawn. `key` names its cutout in the frames of tiles and stacks."""

    row = serializers.IntegerField(help_text="From 0.")
    source_id = serializers.CharField()
    key = serializers.CharField()
    center = _numbers(serializers.IntegerField)
    center_nm = _numbers(serializers.FloatField)
    pre_nm = _numbers(serializers.FloatField, allow_null=True)
    post_nm = _numbers(serializers.FloatField, allow_null=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """`state`: none, making, ready or failed."""

    state = serializers.CharField()
    sentence = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField(help_text="That were read to draw from.")
    is_whole = serializers.BooleanField(help_text="Whether these were all.")
    instances = PreviewedSerializer(many=True)


class PlanViewProblemSerializer(serializers.Serializer[Any]):
    layer = serializers.CharField()
    sentence = serializers.CharField(help_text="Why it is not shown, or shows nothing here.")


class PlanViewSerializer(serializers.Serializer[Any]):
    state = serializers.DictField(help_text="What Neuroglancer is told to show.")
    problems = PlanViewProblemSerializer(many=True)
    address = serializers.CharField(help_text="Of the page of this server that shows it.")


class UploadSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")


class ProgressOfPlan(serializers.Serializer[Any]):
    stage = serializers.CharField(help_text="waiting, fetching, opening, reading or indexing")
    rows = serializers.IntegerField(help_text="Of fetching, MB.")


class PlanSerializer(serializers.Serializer[Any]):
    """A plan with all that is known of it."""

    id = serializers.IntegerField()
    dataset = serializers.CharField(allow_null=True, help_text="One that was there before.")
    status = serializers.CharField(help_text="draft, saving or saved")
    settings = PlanSettings()
    upload = UploadSerializer(allow_null=True)
    is_examined = serializers.BooleanField(help_text="Whether what follows is of these settings.")
    examined = ExaminedSerializer(allow_null=True)
    problems = serializers.DictField(
        child=serializers.CharField(), help_text="A sentence for each field that has one."
    )
    preview = PreviewSerializer()
    progress = ProgressOfPlan(allow_null=True)
    cancelling = serializers.BooleanField()
    failure = serializers.CharField(allow_blank=True, help_text="Why it could not be saved.")
    refused_rows = serializers.IntegerField(help_text="Why, as a file: `…/refused.csv`.")
    table = TableSerializer(allow_null=True, help_text="What was made.")


class ListedPlanSerializer(serializers.ModelSerializer[DatasetPlan]):
    name = serializers.SerializerMethodField()
    dataset = serializers.CharField(source="dataset.name", default=None, allow_null=True)
    status = serializers.CharField(help_text="draft, saving or saved")

    class Meta:
        model = DatasetPlan
        fields = ("id", "name", "dataset", "status", "created_at")

    def get_name(self, plan: DatasetPlan) -> str:
        return str(plan.settings.get("name", ""))


def described_plan(plan: DatasetPlan) -> dict[str, Any]:
    """A plan as PlanSerializer describes it."""
    upload, table = upload_of(plan), plan.table
    return {
        "id": plan.pk,
        "dataset": plan.dataset.name if plan.dataset else None,
        "status": plan.status,
        "settings": plan.settings,
        "upload": {"name": upload.name, "size": upload.size} if upload else None,
        "is_examined": is_examined(plan),
        "examined": _described_examination(plan.examined) if plan.examined else None,
        "problems": plan.problems,
        "preview": _NO_PREVIEW | plan.preview,
        "progress": plan.progress or None,
        "cancelling": plan.cancelled_at is not None,
        "failure": plan.failure,
        "refused_rows": plan.refused_count,
        "table": TableSerializer(table).data if table else None,
    }


_NO_PREVIEW: dict[str, Any] = {
    "state": "none",
    "sentence": "",
    "rows": 0,
    "is_whole": True,
    "instances": [],
}


def _described_examination(examined: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only workers need of it."""
    told = ("scales", "dtype", "resolution_nm", "bounds")
    volumes = {
        kind: {name: one[name] for name in told if name in one}
        for kind, one in examined.get("volumes", {}).items()
    }
    return {
        "volumes": volumes,
        "tables": examined.get("tables", []),
        "table": examined.get("table"),
        "crop": examined.get("crop"),
    }
