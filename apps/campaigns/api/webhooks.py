"""The API of webhooks; docs/webhooks.md says what they send."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.http import person
from apps.campaigns.listing import deliveries_of, webhooks_of
from apps.campaigns.models import Webhook, WebhookDelivery
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.campaigns.serializers import (
    AddressSerializer,
    DeliverySerializer,
    MadeWebhookSerializer,
    WebhookSerializer,
)
from apps.campaigns.services.webhooks import add_webhook, remove_webhook
from apps.core.api import validated


class WebhooksView(generics.ListAPIView[Webhook]):
    """`GET`: the addresses that a campaign tells. `POST`: one more; its secret is told once."""

    serializer_class = WebhookSerializer
    queryset = Webhook.objects.none()

    def get_queryset(self) -> QuerySet[Webhook]:
        campaign_id = self.kwargs["campaign_id"]
        return webhooks_of(campaign_for(person(self.request), campaign_id, Action.MANAGE))

    @extend_schema(request=AddressSerializer, responses={201: MadeWebhookSerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data = validated(AddressSerializer(data=request.data))
        webhook = add_webhook(campaign, data["address"], manager, timezone.now())
        return Response(MadeWebhookSerializer(webhook).data, status=status.HTTP_201_CREATED)


class WebhookView(generics.ListAPIView[WebhookDelivery]):
    """`GET`: what an address was told and is to be told. `DELETE`: tell it nothing more."""

    serializer_class = DeliverySerializer
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        campaign = campaign_for(person(self.request), self.kwargs["campaign_id"], Action.MANAGE)
        return deliveries_of(campaign, self.kwargs["webhook_id"])

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int, webhook_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        remove_webhook(campaign, webhook_id, manager, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
