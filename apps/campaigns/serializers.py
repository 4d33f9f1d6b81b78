"""What managers send, checked field by field, and what they are told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.campaigns.listing import PageState
from apps.campaigns.models import (
    AuditEntry,
    CampaignVersion,
    Page,
    Webhook,
    WebhookDelivery,
)
from apps.campaigns.services.assigning import MOST_PAGES_AT_ONCE


class PageFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=[state.value for state in PageState], required=False)
    kind = serializers.ChoiceField(choices=Page.Kind.choices, required=False)
    person = serializers.CharField(max_length=150, required=False, help_text="A username.")


class PageSerializer(serializers.ModelSerializer[Page]):
    state = serializers.SerializerMethodField()
    person = serializers.CharField(
        source="lease.user.username", default=None, help_text="Who has or had it last."
    )
    leased_at = serializers.DateTimeField(source="lease.leased_at", default=None)
    reserved_for = serializers.CharField(source="reserved_for.username", default=None)

    class Meta:
        model = Page
        fields = (
            *("number", "kind", "state", "person", "leased_at", "held_until"),
            *("reserved_for", "submitted_at"),
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
        max_length=150, allow_null=True, help_text="A username; null: everybody."
    )


class TransferSerializer(serializers.Serializer[Any]):
    to = serializers.CharField(
        max_length=150, allow_null=True, default=None, help_text="A username; null: everybody."
    )


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.CharField(source="actor.username", default=None)

    class Meta:
        model = AuditEntry
        fields = ("at", "actor", "action", "details")


class VersionSerializer(serializers.ModelSerializer[CampaignVersion]):
    made_by = serializers.CharField(source="made_by.username", default=None)

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
