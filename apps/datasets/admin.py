"""Datasets in Django's admin: to look at. Geometry never changes once it is loaded."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import HistoryAdmin
from apps.datasets.models import (
    Dataset,
    DatasetPlan,
    Instance,
    RefusedRows,
    Secret,
    SynapseTable,
    TableUpload,
    UploadPart,
    Volume,
)


@admin.register(Dataset)
class DatasetAdmin(HistoryAdmin):
    list_display = ("name", "created_by", "created_at")
    texts = ("name",)


@admin.register(Volume)
class VolumeAdmin(HistoryAdmin):
    list_display = ("dataset", "kind", "address", "mip", "dtype")
    list_filter = ("kind",)
    texts = ("dataset__name",)


@admin.register(Secret)
class SecretAdmin(HistoryAdmin):
    list_display = ("name", "kind", "created_by", "created_at", "replaced_at")
    list_filter = ("kind",)
    texts = ("name",)
    exclude = ("sealed",)


@admin.register(SynapseTable)
class SynapseTableAdmin(HistoryAdmin):
    list_display = ("name", "version", "dataset", "row_count", "loaded_at")
    texts = ("name", "dataset__name")


@admin.register(RefusedRows)
class RefusedRowsAdmin(HistoryAdmin):
    list_display = ("table", "count", "kept")
    texts = ("table__name",)


@admin.register(Instance)
class InstanceAdmin(HistoryAdmin):
    list_display = ("table", "source_id", "center_x", "center_y", "center_z")
    numbers = ("pk", "source_id")


@admin.register(DatasetPlan)
class DatasetPlanAdmin(HistoryAdmin):
    list_display = ("id", "owner", "dataset", "status", "created_at")
    list_filter = ("status",)
    texts = ("owner__username",)


@admin.register(TableUpload)
class TableUploadAdmin(HistoryAdmin):
    list_display = ("name", "plan", "size")
    texts = ("name",)


@admin.register(UploadPart)
class UploadPartAdmin(HistoryAdmin):
    list_display = ("upload", "number")
