"""People, teams and tokens in Django's admin.

Who is in a team is changed on the pages of teams, which let people into its campaigns, too.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from apps.accounts.logins import LimitedAdminForm
from apps.accounts.models import ApiToken, Team, TeamMember, User
from apps.core.admin import HistoryAdmin, RoomAdmin

admin.site.login_form = LimitedAdminForm


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """An account is closed (not active), never deleted: what its person said is kept."""

    fieldsets = (*(UserAdmin.fieldsets or ()), ("Preferences", {"fields": ("preferences",)}))
    readonly_fields = ("preferences",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(RoomAdmin):
    list_display = ("name", "created_at")
    texts = ("name",)


@admin.register(TeamMember)
class TeamMemberAdmin(HistoryAdmin):
    list_display = ("team", "user")
    texts = ("team__name", "user__username")


@admin.register(LogEntry)
class LogEntryAdmin(HistoryAdmin):
    """Who did what with accounts and teams, here or on their pages, and what was changed here."""

    list_display = ("action_time", "user", "content_type", "object_repr", "what")
    list_filter = ("action_flag",)
    texts = ("user__username", "object_repr")
    fields = ("action_time", "user", "content_type", "object_id", "object_repr", "what")
    readonly_fields = ("what",)

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()


@admin.register(ApiToken)
class ApiTokenAdmin(HistoryAdmin):
    """A token can be revoked here, and not made: only its person may see it."""

    list_display = ("name", "user", "created", "expiry")
    texts = ("user__username",)
    fields = ("name", "user", "created", "expiry")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)
