"""Revisions in Django's admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import HistoryAdmin
from apps.revision.models import (
    AddedSynapse,
    AnsweredMark,
    Marker,
    MarkerCheck,
    MaskSlice,
    MethodCheck,
    Proposal,
    ProposedSlice,
    Revision,
    RevisionLease,
    RevisionSettings,
    SecondLook,
)


@admin.register(RevisionSettings)
class RevisionSettingsAdmin(HistoryAdmin):
    list_display = ("campaign", "is_paused", "depth", "near_nm", "additions")
    texts = ("campaign__name",)


@admin.register(Revision)
class RevisionAdmin(HistoryAdmin):
    list_display = ("pk", "campaign", "item", "added", "wanted", "decision", "finished_at")
    list_filter = ("decision", "wanted")
    texts = ("campaign__name",)
    numbers = ("pk", "item")


@admin.register(RevisionLease)
class RevisionLeaseAdmin(HistoryAdmin):
    """Without the token."""

    exclude = ("token",)
    list_display = ("leased_at", "user", "revision", "ended_at", "ending", "reason")
    list_filter = ("ending",)
    texts = ("user__username",)
    numbers = ("pk", "revision")


@admin.register(SecondLook)
class SecondLookAdmin(HistoryAdmin):
    list_display = ("asked_at", "revision", "because", "decision", "ended_at")
    numbers = ("pk", "revision")


@admin.register(MaskSlice)
class MaskSliceAdmin(HistoryAdmin):
    exclude = ("labels",)
    list_display = ("recorded_at", "revision", "z", "number", "voxels", "origin", "late")
    list_filter = ("origin", "late")
    numbers = ("pk", "revision")


@admin.register(Marker)
class MarkerAdmin(HistoryAdmin):
    list_display = ("recorded_at", "revision", "side", "number", "x", "y", "z", "origin", "late")
    list_filter = ("side", "origin", "late")
    numbers = ("pk", "revision")


@admin.register(MarkerCheck)
class MarkerCheckAdmin(HistoryAdmin):
    list_display = ("checked_at", "marker", "segment", "problem")


@admin.register(Proposal)
class ProposalAdmin(HistoryAdmin):
    list_display = ("asked_at", "revision", "method", "status", "failure", "finished_at")
    list_filter = ("method", "status")
    numbers = ("pk", "revision")


@admin.register(ProposedSlice)
class ProposedSliceAdmin(HistoryAdmin):
    exclude = ("labels",)
    list_display = ("proposal", "z", "voxels", "how", "confidence", "fate", "decided_at")
    list_filter = ("how", "fate")
    numbers = ("pk", "proposal")


@admin.register(AddedSynapse)
class AddedSynapseAdmin(HistoryAdmin):
    list_display = ("added_at", "added_by", "campaign", "instance", "note", "withdrawn_at")
    texts = ("campaign__name", "added_by__username")


@admin.register(AnsweredMark)
class AnsweredMarkAdmin(HistoryAdmin):
    list_display = ("made_at", "user", "campaign", "mark", "answer", "reason")
    list_filter = ("answer",)
    texts = ("campaign__name", "user__username")


@admin.register(MethodCheck)
class MethodCheckAdmin(HistoryAdmin):
    list_display = ("method", "host", "means", "problem", "checked_at", "seen_at")
