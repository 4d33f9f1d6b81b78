"""Verdicts and what they come to in Django's admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import HistoryAdmin
from apps.proofreading.models import (
    AnnotatorRates,
    Discard,
    ErrorCategory,
    GoldAnswer,
    GoldExposure,
    GoldPolicy,
    MissedMark,
    Recount,
    Settlement,
    SettlingPolicy,
    Verdict,
    VerdictCategory,
)


@admin.register(Verdict)
class VerdictAdmin(HistoryAdmin):
    """Without the lease's token."""

    list_display = ("recorded_at", "user", "item", "label", "late", "note")
    list_filter = ("label", "late")
    texts = ("user__username",)
    numbers = ("pk", "item")


@admin.register(VerdictCategory)
class VerdictCategoryAdmin(HistoryAdmin):
    list_display = ("verdict", "category")
    numbers = ("pk", "verdict")


@admin.register(MissedMark)
class MissedMarkAdmin(HistoryAdmin):
    """Without the lease, whose token is for its holder alone."""

    list_display = ("recorded_at", "user", "key", "x", "y", "z", "note", "removed", "late")
    texts = ("user__username",)


@admin.register(Discard)
class DiscardAdmin(HistoryAdmin):
    list_display = ("made_at", "made_by", "verdict", "taken_back", "batch")
    list_filter = ("taken_back",)
    texts = ("made_by__username",)
    numbers = ("pk", "verdict")


@admin.register(Recount)
class RecountAdmin(HistoryAdmin):
    list_display = ("pk", "campaign")
    numbers = ("pk", "campaign")


@admin.register(Settlement)
class SettlementAdmin(HistoryAdmin):
    list_display = ("item", "state", "label", "p_correct", "votes", "by_expert", "settled_at")
    list_filter = ("state", "label", "by_expert")
    numbers = ("pk", "item")


@admin.register(ErrorCategory)
class ErrorCategoryAdmin(HistoryAdmin):
    list_display = ("campaign", "position", "key", "title", "retired_at")
    texts = ("campaign__name", "key", "title")


@admin.register(SettlingPolicy)
class SettlingPolicyAdmin(HistoryAdmin):
    list_display = ("campaign", "rule", "redundancy", "most_votes", "measured_at")
    list_filter = ("rule", "redundancy")


@admin.register(AnnotatorRates)
class AnnotatorRatesAdmin(HistoryAdmin):
    list_display = ("campaign", "user")
    texts = ("user__username",)


@admin.register(GoldPolicy)
class GoldPolicyAdmin(HistoryAdmin):
    list_display = ("campaign", "rate", "floor", "training_items", "pass_mark")


@admin.register(GoldAnswer)
class GoldAnswerAdmin(HistoryAdmin):
    list_display = ("item", "label", "explanation")
    numbers = ("pk", "item")


@admin.register(GoldExposure)
class GoldExposureAdmin(HistoryAdmin):
    list_display = ("user", "item", "lease", "place")
    texts = ("user__username",)
    numbers = ("pk", "item")
