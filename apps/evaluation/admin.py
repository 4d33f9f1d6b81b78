"""Reports in Django's admin: to look at; they are made anew from the verdicts."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import HistoryAdmin
from apps.evaluation.models import Evaluation, Report


@admin.register(Evaluation)
class EvaluationAdmin(HistoryAdmin):
    list_display = ("campaign", "asked_at", "begun_at", "made_at", "took_s")


@admin.register(Report)
class ReportAdmin(HistoryAdmin):
    list_display = ("campaign", "kind", "made_at")
    list_filter = ("kind",)
