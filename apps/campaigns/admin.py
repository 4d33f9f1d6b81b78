"""Campaigns in Django's admin: to look at, and to mend what no verdict depends on.

All else is changed on the manage page, which knows what belongs together and makes new versions.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignNeuron,
    CampaignSelection,
    CampaignVersion,
    ExamplePicture,
    Item,
    Lease,
    Membership,
    NeuronSection,
    Page,
    PageItem,
    TeamEntry,
    UnplacedPart,
    Visit,
    WalkPart,
    Webhook,
    WebhookDelivery,
)
from apps.campaigns.services.audit import record
from apps.campaigns.services.campaigns import check_assignment, check_deadline
from apps.campaigns.services.changing import assignment_of, change_columns, check_not_archived
from apps.campaigns.services.life import lock_campaign
from apps.core.admin import HistoryAdmin, RoomAdmin
from apps.core.errors import SynAnnoError
from apps.core.forms import put_error

_MAY_CHANGE = ("deadline", "open_pages_cap")


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """Holds to the rules by which managers change settings."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = {name: cleaned[name] for name in _MAY_CHANGE if name in cleaned}
        try:
            check_not_archived(self.instance, "deadline")
            check_assignment(replace(assignment_of(self.instance), **chosen))
            if "deadline" in self.changed_data:
                check_deadline(chosen.get("deadline"), timezone.now())
        except SynAnnoError as error:
            put_error(self, error)
        return cleaned


@admin.register(Campaign)
class CampaignAdmin(RoomAdmin):
    form = CampaignForm
    list_display = ("name", "status", "table", "version", "created_at")
    list_filter = ("status",)
    texts = ("name",)
    readonly_fields = tuple(
        field.name for field in Campaign._meta.fields if field.name not in _MAY_CHANGE
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What is changed here is on the record, too."""
        with transaction.atomic():
            campaign = lock_campaign(obj.pk)
            chosen = {name: form.cleaned_data[name] for name in form.changed_data}
            former = change_columns(campaign, chosen)
            details: dict[str, Any] = {
                name: {"from": _plain(value), "to": _plain(chosen[name])}
                for name, value in former.items()
            }
            if former:
                by, now = cast(User, request.user), timezone.now()
                details["changed"] = sorted(former)
                record(campaign, by, "settings_changed", details, now)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@admin.register(CampaignSelection)
class CampaignSelectionAdmin(HistoryAdmin):
    list_display = ("campaign", "selection")
    texts = ("campaign__name",)


@admin.register(UnplacedPart)
class UnplacedPartAdmin(HistoryAdmin):
    list_display = ("campaign", "number")
    texts = ("campaign__name",)


@admin.register(CampaignNeuron)
class CampaignNeuronAdmin(HistoryAdmin):
    list_display = ("campaign", "position", "root_id", "first_sheet", "last_sheet", "failure")
    texts = ("campaign__name",)
    numbers = ("pk", "root_id")
    exclude = ("instance_ids",)


@admin.register(NeuronSection)
class NeuronSectionAdmin(HistoryAdmin):
    list_display = ("neuron", "number", "parent", "length_nm")
    texts = ("campaign__name",)
    numbers = ("pk", "neuron__root_id")
    exclude = ("path_nm",)


@admin.register(WalkPart)
class WalkPartAdmin(HistoryAdmin):
    list_display = ("campaign", "number", "first_position")
    texts = ("campaign__name",)
    exclude = (
        *("instance_ids", "sheets", "section_ids", "traversals"),
        *("search_sheets", "search_section_ids"),
    )


@admin.register(Membership)
class MembershipAdmin(HistoryAdmin):
    list_display = ("campaign", "user", "role", "team", "paused_at", "qualified_at")
    list_filter = ("role",)
    texts = ("user__username", "campaign__name")


@admin.register(TeamEntry)
class TeamEntryAdmin(HistoryAdmin):
    list_display = ("campaign", "team", "role")


@admin.register(Page)
class PageAdmin(HistoryAdmin):
    list_display = ("campaign", "number", "kind", "held_until", "submitted_at", "counted_at")
    list_filter = ("kind",)
    texts = ("campaign__name",)
    numbers = ("pk", "number")


@admin.register(Item)
class ItemAdmin(HistoryAdmin):
    list_display = ("campaign", "position", "sheet", "instance")
    texts = ("campaign__name",)
    numbers = ("pk", "instance__source_id")


@admin.register(PageItem)
class PageItemAdmin(HistoryAdmin):
    list_display = ("page", "item")
    numbers = ("pk", "page", "item")


@admin.register(Visit)
class VisitAdmin(HistoryAdmin):
    list_display = ("campaign", "user", "sheet", "items")
    texts = ("user__username",)


@admin.register(Lease)
class LeaseAdmin(HistoryAdmin):
    """Without the token: it is for its holder alone."""

    list_display = ("page", "user", "leased_at", "put_aside_at", "ended_at", "ending", "version")
    list_filter = ("ending",)
    texts = ("user__username",)
    exclude = ("token",)


@admin.register(CampaignVersion)
class CampaignVersionAdmin(HistoryAdmin):
    list_display = ("campaign", "number", "made_by", "made_at")
    texts = ("campaign__name",)


@admin.register(ExamplePicture)
class ExamplePictureAdmin(HistoryAdmin):
    list_display = ("campaign", "position", "caption", "content_type")
    texts = ("campaign__name", "caption")
    exclude = ("content",)


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    list_display = ("at", "campaign", "actor", "action", "details")
    texts = ("action", "actor__username", "campaign__name")


@admin.register(Webhook)
class WebhookAdmin(HistoryAdmin):
    """Without the secret, which signs what is sent."""

    list_display = ("campaign", "address", "created_by", "created_at", "disabled_at")
    texts = ("campaign__name", "address")
    exclude = ("secret",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(HistoryAdmin):
    list_display = ("webhook", "event", "made_at", "attempts", "sent_at", "failure")
    list_filter = ("event",)
