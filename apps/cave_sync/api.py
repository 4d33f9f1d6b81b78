"""The API of deliveries to CAVE. What is asked of CAVE itself, workers do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.cave_sync.models import Delivery, OutboxRow, RootChange
from apps.cave_sync.selectors import changes_of, deliveries_of, delivery_of, names_of, rows_of
from apps.cave_sync.serializers import (
    CaveDeliverySerializer,
    DeliveryProgressSerializer,
    DeliverySettingsSerializer,
    OutboxFilter,
    OutboxRowSerializer,
    RootChangeSerializer,
    described,
    described_progress,
    settings_from,
)
from apps.cave_sync.services.deliveries import (
    ask_dry_run,
    ask_sync,
    change_delivery,
    create_delivery,
    pause_delivery,
    remove_delivery,
    start_delivery,
)
from apps.cave_sync.services.missing import send_missing
from apps.core.api import validated
from apps.core.paging import filters_of


def _campaign(request: Request, campaign_id: int, action: Action = Action.EXPORT) -> Campaign:
    return campaign_for(person(request), campaign_id, action)


def _managed(request: Request, campaign_id: int, delivery_id: int) -> Delivery:
    return delivery_of(_campaign(request, campaign_id, Action.MANAGE), delivery_id)


class DeliveriesView(APIView):
    """`GET`: what a campaign delivers to CAVE. `POST`: one delivery more; nothing is sent before it
    was tried and started."""

    @extend_schema(responses=CaveDeliverySerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = _campaign(request, campaign_id)
        return Response([described(one) for one in deliveries_of(campaign)])

    @extend_schema(request=DeliverySettingsSerializer, responses={201: CaveDeliverySerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = _campaign(request, campaign_id, Action.MANAGE)
        given = settings_from(validated(DeliverySettingsSerializer(data=request.data)))
        made = create_delivery(campaign, given, person(request), timezone.now())
        return Response(described(made), status=status.HTTP_201_CREATED)


class DeliveryView(APIView):
    """`GET`: a delivery, with what its dry run found and where it stands. `PUT`: other settings;
    where they decide over rows it is tried again before anything is sent. `DELETE`: forget one of
    which nothing was sent."""

    @extend_schema(responses=CaveDeliverySerializer)
    def get(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        return Response(described(delivery_of(_campaign(request, campaign_id), delivery_id)))

    @extend_schema(request=DeliverySettingsSerializer, responses=CaveDeliverySerializer)
    def put(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        given = settings_from(validated(DeliverySettingsSerializer(data=request.data)))
        return Response(
            described(change_delivery(delivery, given, person(request), timezone.now()))
        )

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        remove_delivery(delivery, person(request), timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeliveryProgressView(APIView):
    """`GET`: how far a dry run or a sync is."""

    @extend_schema(responses=DeliveryProgressSerializer)
    def get(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = delivery_of(_campaign(request, campaign_id), delivery_id)
        return Response(described_progress(delivery))


class DeliveryTryView(APIView):
    """`POST`: a dry run. A worker looks whether CAVE would take it, and what would be there;
    nothing is written in CAVE."""

    @extend_schema(request=None, responses=DeliveryProgressSerializer)
    def post(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        asked = ask_dry_run(delivery, person(request), timezone.now())
        return Response(described_progress(asked))


class DeliveryStartView(APIView):
    """`POST`: send from now on. A dry run must have found it good."""

    @extend_schema(request=None, responses=DeliveryProgressSerializer)
    def post(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        start_delivery(delivery, person(request), timezone.now())
        delivery.refresh_from_db()
        return Response(described_progress(delivery))


class DeliveryPauseView(APIView):
    """`POST`: send nothing more until it is started again."""

    @extend_schema(request=None, responses=DeliveryProgressSerializer)
    def post(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        paused = pause_delivery(delivery, person(request), timezone.now())
        return Response(described_progress(paused))


class DeliverySyncView(APIView):
    """`POST`: bring it up to date now."""

    @extend_schema(request=None, responses=DeliveryProgressSerializer)
    def post(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        ask_sync(delivery, person(request), timezone.now())
        return Response(described_progress(delivery))


class DeliveryMissingView(APIView):
    """`POST`: have all that was sent compared with what CAVE has, and what is missing there sent
    again, with the same ids where CAVE takes them; then it goes on."""

    @extend_schema(request=None, responses=DeliveryProgressSerializer)
    def post(self, request: Request, campaign_id: int, delivery_id: int) -> Response:
        delivery = _managed(request, campaign_id, delivery_id)
        send_missing(delivery, person(request), timezone.now())
        delivery.refresh_from_db()
        return Response(described_progress(delivery))


@extend_schema(parameters=[OutboxFilter])
class DeliveryRowsView(generics.ListAPIView[OutboxRow]):
    """`GET ?state=failed`: the rows of a delivery, with who said what they say, when, and under
    which version and settling policy of the campaign; also those that are in CAVE no more."""

    serializer_class = OutboxRowSerializer
    queryset = OutboxRow.objects.none()

    def get_queryset(self) -> Any:
        delivery = delivery_of(
            _campaign(self.request, self.kwargs["campaign_id"]), self.kwargs["delivery_id"]
        )
        return rows_of(delivery, filters_of(self.request, OutboxFilter))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "names": self._names}

    def paginate_queryset(self, queryset: Any) -> Any:
        part = super().paginate_queryset(queryset)
        self._names = names_of(part or [])
        return part

    _names: dict[int, str] = {}


class DeliveryChangesView(generics.ListAPIView[RootChange]):
    """`GET`: the synapses of a delivery that lie in other neurons than before, by the version of
    CAVE in which that was seen."""

    serializer_class = RootChangeSerializer
    queryset = RootChange.objects.none()

    def get_queryset(self) -> Any:
        campaign = _campaign(self.request, self.kwargs["campaign_id"])
        return changes_of(delivery_of(campaign, self.kwargs["delivery_id"]))
