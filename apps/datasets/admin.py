"""Datasets in Django's admin: to look at. Geometry never changes once it is loaded. Datasets and
tables that no campaign has can be deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.core.admin import HistoryAdmin
from apps.core.errors import ConflictError
from apps.core.forms import in_words
from apps.datasets.models import (
    ColumnBlock,
    Dataset,
    DatasetPlan,
    Instance,
    RefusedRows,
    Secret,
    SkeletonSource,
    StoredSkeleton,
    SwcFile,
    SynapseTable,
    TableUpload,
    UploadPart,
    Volume,
)
from apps.datasets.services.deleting import campaigns_of, delete_dataset, delete_table


class WholeAdmin(HistoryAdmin):
    """Deleted one at a time, by the service: Django would read each instance, to ask and to do."""

    actions = None  # of several at once

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(f"datasets.delete_{self.opts.model_name}"))

    def tables_of(self, one: Any) -> list[SynapseTable]:
        """What goes with it."""
        raise NotImplementedError

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        tables = [table for one in objs for table in self.tables_of(one)]
        instances = sum(table.row_count for table in tables)
        counts = {"tables": len(tables), "instances": instances}
        return [*map(str, objs)], counts, set(), [f"campaign {one}" for one in campaigns_of(tables)]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ConflictError as error:
            self.message_user(request, in_words(error), messages.ERROR)
            return redirect(
                reverse(f"admin:datasets_{self.opts.model_name}_change", args=[object_id])
            )


@admin.register(Dataset)
class DatasetAdmin(WholeAdmin):
    list_display = ("name", "created_by", "created_at")
    texts = ("name",)

    def tables_of(self, one: Dataset) -> list[SynapseTable]:
        return list(one.tables.all())

    def delete_model(self, request: HttpRequest, obj: Dataset) -> None:
        delete_dataset(obj)


@admin.register(Volume)
class VolumeAdmin(HistoryAdmin):
    list_display = ("dataset", "kind", "address", "mip", "dtype")
    list_filter = ("kind",)
    texts = ("dataset__name",)


@admin.register(Secret)
class SecretAdmin(HistoryAdmin):
    list_display = ("name", "kind", "team", "server", "created_by", "created_at", "replaced_at")
    list_filter = ("kind",)
    texts = ("name",)
    exclude = ("sealed",)


@admin.register(SynapseTable)
class SynapseTableAdmin(WholeAdmin):
    list_display = ("name", "version", "dataset", "row_count", "loaded_at")
    texts = ("name", "dataset__name")

    def tables_of(self, one: SynapseTable) -> list[SynapseTable]:
        return [one]

    def delete_model(self, request: HttpRequest, obj: SynapseTable) -> None:
        delete_table(obj)


@admin.register(RefusedRows)
class RefusedRowsAdmin(HistoryAdmin):
    list_display = ("table", "count", "kept")
    texts = ("table__name",)


@admin.register(ColumnBlock)
class ColumnBlockAdmin(HistoryAdmin):
    list_display = ("table", "number")
    texts = ("table__name",)
    exclude = ("source_ids", "content")


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


@admin.register(SkeletonSource)
class SkeletonSourceAdmin(HistoryAdmin):
    list_display = ("dataset", "kind", "address", "version", "set_by", "set_at")
    list_filter = ("kind",)
    texts = ("dataset__name",)


@admin.register(SwcFile)
class SwcFileAdmin(HistoryAdmin):
    list_display = ("name", "root_id", "source")
    texts = ("name",)
    exclude = ("content",)


@admin.register(StoredSkeleton)
class StoredSkeletonAdmin(HistoryAdmin):
    list_display = ("root_id", "dataset", "vertex_count", "made_at", "failure")
    texts = ("dataset__name",)
    exclude = ("content",)
