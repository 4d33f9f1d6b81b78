"""Exports in Django's admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import HistoryAdmin
from apps.exports.models import Export


@admin.register(Export)
class ExportAdmin(HistoryAdmin):
    list_display = ("asked_at", "campaign", "asked_by", "formats", "state", "done", "total")
    list_filter = ("state",)
    texts = ("campaign__name", "asked_by__username")
