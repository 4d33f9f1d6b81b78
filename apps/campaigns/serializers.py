"""What people send, checked field by field, and what they are told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.campaigns.domain import is_finished
from apps.campaigns.listing import PageState
from apps.campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignVersion,
    Membership,
    Page,
    Webhook,
    WebhookDelivery,
)
from apps.campaigns.services.assigning import MOST_PAGES_AT_ONCE


class CampaignFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Campaign.Status.choices, required=False)
    name = serializers.CharField(
        max_length=200, required=False, help_text="A part of the name, in capitals or not."
    )


class ListedCampaignSerializer(serializers.ModelSerializer[Campaign]):
    """Pages and instances are those of the campaign without training and gold."""

    dataset = serializers.CharField(source="table.dataset.name")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    finished = serializers.SerializerMethodField(help_text="It is open, and nothing is left to do.")
    pages_done = serializers.IntegerField()
    pages_total = serializers.IntegerField()
    my_pages = serializers.IntegerField(help_text="How many of those done are one's own.")
    instances_total = serializers.IntegerField()

    class Meta:
        model = Campaign
        fields = (
            *("id", "name", "dataset", "table", "status", "finished", "failure", "role"),
            *("pages_done", "pages_total", "my_pages", "instances_total"),
            *("prepared", "to_prepare", "created_at"),
        )

    def get_finished(self, campaign: Any) -> bool:
        return is_finished(campaign.status, campaign.pages_done, campaign.pages_total)


class ProgressSerializer(serializers.Serializer[Any]):
    """`status` is that of the campaign, or "finished": open, and nothing is left to do."""

    status = serializers.CharField()
    cancelling = serializers.BooleanField(help_text="It becomes a draft again.")
    placed = serializers.IntegerField(help_text="Instances that are on pages.")
    to_place = serializers.IntegerField()
    neurons = serializers.IntegerField(
        help_text="While they are walked: those along which it goes, else 0."
    )
    walked = serializers.IntegerField(help_text="Of these, those whose walk is known.")
    prepared = serializers.IntegerField(help_text="Cutouts of the first pages that are stored.")
    to_prepare = serializers.IntegerField()
    pages_done = serializers.IntegerField(help_text="Without training, which is no progress.")
    pages_total = serializers.IntegerField()


class PageFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=[state.value for state in PageState], required=False)
    kind = serializers.ChoiceField(choices=Page.Kind.choices, required=False)
    person = serializers.CharField(max_length=150, required=False, help_text="A username.")


class AuditFilter(serializers.Serializer[Any]):
    action = serializers.CharField(max_length=50, required=False, help_text="A word of the record.")
    person = serializers.CharField(max_length=150, required=False, help_text="Who did it.")
    since = serializers.DateTimeField(required=False)


class PageSkipSerializer(serializers.Serializer[Any]):
    """Who gave a page to others, and why."""

    person = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class PageSerializer(serializers.ModelSerializer[Page]):
    state = serializers.SerializerMethodField()
    person = serializers.CharField(
        source="lease.user.username",
        default=None,
        allow_null=True,
        help_text="Who has or had it last.",
    )
    leased_at = serializers.DateTimeField(source="lease.leased_at", default=None, allow_null=True)
    reserved_for = serializers.CharField(
        source="reserved_for.username", default=None, allow_null=True
    )
    skips = PageSkipSerializer(many=True, help_text="The latest first.")

    class Meta:
        model = Page
        fields = (
            *("number", "kind", "state", "person", "leased_at", "held_until"),
            *("reserved_for", "submitted_at", "skips"),
        )

    def get_state(self, page: Page) -> str:
        return PageState.of(page, self.context["now"]).value


class ReservationSerializer(serializers.Serializer[Any]):
    pages = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        min_length=1,
        max_length=MOST_PAGES_AT_ONCE,
        help_text="Numbers of pages.",
    )
    person = serializers.CharField(
        max_length=150,
        allow_null=True,
        help_text="A username, or a person's number; null: everybody.",
    )


class TransferSerializer(serializers.Serializer[Any]):
    to = serializers.CharField(
        max_length=150,
        allow_null=True,
        default=None,
        help_text="A username, or a person's number; null: everybody.",
    )


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.CharField(source="actor.username", default=None, allow_null=True)

    class Meta:
        model = AuditEntry
        fields = ("at", "actor", "action", "details")


class VersionSerializer(serializers.ModelSerializer[CampaignVersion]):
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)

    class Meta:
        model = CampaignVersion
        fields = ("number", "made_at", "made_by", "shown")


class AddressSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(max_length=600)


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    waiting = serializers.IntegerField(read_only=True, help_text="Deliveries to be sent.")
    latest_failure = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Webhook
        fields = ("id", "address", "created_at", "waiting", "latest_failure")


class MadeWebhookSerializer(serializers.ModelSerializer[Webhook]):
    class Meta:
        model = Webhook
        fields = ("id", "address", "secret")


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    class Meta:
        model = WebhookDelivery
        fields = ("key", "event", "made_at", "attempts", "next_try_at", "sent_at", "failure")
