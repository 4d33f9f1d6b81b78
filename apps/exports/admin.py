"""Exports and restored files in Django's admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import HistoryAdmin
from apps.exports.models import Export, Restore, RestoredPlace, RestoredTimes, RestorePart


@admin.register(Export)
class ExportAdmin(HistoryAdmin):
    list_display = ("asked_at", "campaign", "asked_by", "formats", "state", "done", "total")
    list_filter = ("state",)
    texts = ("campaign__name", "asked_by__username")


@admin.register(Restore)
class RestoreAdmin(HistoryAdmin):
    list_display = ("asked_at", "name", "asked_by", "state", "campaign", "size")
    list_filter = ("state",)
    texts = ("name", "campaign__name", "asked_by__username")


@admin.register(RestoredPlace)
class RestoredPlaceAdmin(HistoryAdmin):
    list_display = ("campaign", "page", "index", "neuron_id", "section_index")
    texts = ("campaign__name",)


@admin.register(RestoredTimes)
class RestoredTimesAdmin(HistoryAdmin):
    list_display = ("campaign", "categorized")
    texts = ("campaign__name",)


@admin.register(RestorePart)
class RestorePartAdmin(HistoryAdmin):
    list_display = ("restore", "number")
    exclude = ("content",)
