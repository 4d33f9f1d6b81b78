"""Deliveries to CAVE in Django's admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from apps.cave_sync.models import Delivery, OutboxRow, RootChange, RootPull, SyncRun
from apps.core.admin import HistoryAdmin


@admin.register(Delivery)
class DeliveryAdmin(HistoryAdmin):
    list_display = ("table", "kind", "campaign", "server", "datastack", "state", "due_at")
    list_filter = ("kind", "state")
    texts = ("campaign__name", "table")


@admin.register(OutboxRow)
class OutboxRowAdmin(HistoryAdmin):
    """The numbers are annotations."""

    list_display = ("pk", "delivery", "instance_id", "part", "state", "outcome", "sent_at", "error")
    list_filter = ("state",)


@admin.register(SyncRun)
class SyncRunAdmin(HistoryAdmin):
    list_display = ("asked_at", "delivery", "asked_by", "stage", "posted", "deleted", "words")
    list_filter = ("stage",)
    texts = ("delivery__table",)


@admin.register(RootPull)
class RootPullAdmin(HistoryAdmin):
    list_display = ("delivery", "version", "begun_at", "finished_at", "checked", "changed")
    texts = ("delivery__table",)


@admin.register(RootChange)
class RootChangeAdmin(HistoryAdmin):
    list_display = (
        *("pull", "instance_id", "pre_before", "pre_now", "post_before", "post_now"),
        *("fate", "why_not"),
    )
    list_filter = ("fate",)
    numbers = ("pk", "instance")
