"""The API of plans: what one says of new data, what is found out about it, a preview, saving."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import (
    BoundedJSONParser,
    FramesRenderer,
    frames_response,
    frames_stream,
    validated,
)
from apps.core.errors import NotFoundError
from apps.core.jobs import Job, enqueue
from apps.datasets.api.tables import CsvRenderer, csv_response
from apps.datasets.domain.viewer_state import state_fragment
from apps.datasets.models import DatasetPlan
from apps.datasets.selectors.listing import dataset_named
from apps.datasets.selectors.plans import plan_of, plans_of
from apps.datasets.serializers import (
    ListedPlanSerializer,
    NewPlanSerializer,
    PlanSerializer,
    PlanSettings,
    PlanViewSerializer,
    PreviewRequest,
    PreviewSerializer,
    TableFileSerializer,
    described_plan,
)
from apps.datasets.services.cutouts import await_frames, cutout_store
from apps.datasets.services.planning import (
    ask_preview,
    ask_save,
    cancel_saving,
    change_plan,
    check_upload_size,
    keep_upload,
    remove_plan,
    remove_upload,
    start_plan,
)
from apps.datasets.services.planning_view import view_of

PATIENCE_S = 4.0


class PlansView(generics.ListAPIView[DatasetPlan]):
    """`GET`: one's own plans, the newest first. `POST {"name": "cortex", "image": {"address": …},
    …}`: a new one. What it names is looked at at once; ask for the plan until `is_examined`."""

    permission_classes = (IsAdminUser,)
    serializer_class = ListedPlanSerializer
    queryset = DatasetPlan.objects.none()

    def get_queryset(self) -> QuerySet[DatasetPlan]:
        return plans_of(person(self.request))

    @extend_schema(request=NewPlanSerializer, responses={201: PlanSerializer})
    def post(self, request: Request) -> Response:
        data = validated(NewPlanSerializer(data=request.data))
        name = data.pop("dataset", None)
        dataset = None if name is None else dataset_named(name)
        plan = start_plan(person(request), data, timezone.now(), dataset)
        return Response(described_plan(plan), status=status.HTTP_201_CREATED)


class PlanView(APIView):
    """`GET`: a plan of one's own with all that is known of it. `PATCH`: parts of it anew; what
    changed is looked at again. `DELETE`: forget it; a dataset that was made of it stays."""

    permission_classes = (IsAdminUser,)

    @extend_schema(responses=PlanSerializer)
    def get(self, request: Request, plan_id: int) -> Response:
        return Response(described_plan(plan_of(person(request), plan_id)))

    @extend_schema(request=PlanSettings, responses=PlanSerializer)
    def patch(self, request: Request, plan_id: int) -> Response:
        plan = plan_of(person(request), plan_id)
        data = validated(PlanSettings(data=request.data))
        return Response(described_plan(change_plan(plan, data, timezone.now())))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, plan_id: int) -> Response:
        remove_plan(plan_of(person(request), plan_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class FileView(APIView):
    """`POST`, a form with a file: the table. `DELETE`: forget the file."""

    permission_classes = (IsAdminUser,)
    parser_classes = (MultiPartParser, BoundedJSONParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything looks into the form: by then the file would lie on the disk, whatever
        # its size.
        check_upload_size(int(request.META.get("CONTENT_LENGTH") or 0))
        super().initial(request, *args, **kwargs)

    @extend_schema(request=TableFileSerializer, responses=PlanSerializer)
    def post(self, request: Request, plan_id: int) -> Response:
        plan = plan_of(person(request), plan_id)
        file = validated(TableFileSerializer(data=request.data))["file"]
        plan = keep_upload(plan, file.name or "", file.chunks(), timezone.now())
        return Response(described_plan(plan))

    @extend_schema(request=None, responses=PlanSerializer)
    def delete(self, request: Request, plan_id: int) -> Response:
        plan = plan_of(person(request), plan_id)
        return Response(described_plan(remove_upload(plan, timezone.now())))


class PreviewView(APIView):
    """`POST {"seed": 1}`: draw five instances of the table and render them. `GET`: which they are;
    their pictures are at `preview/tiles` and `preview/stacks`, by their keys."""

    permission_classes = (IsAdminUser,)

    @extend_schema(responses=PreviewSerializer)
    def get(self, request: Request, plan_id: int) -> Response:
        return Response(described_plan(plan_of(person(request), plan_id))["preview"])

    @extend_schema(request=PreviewRequest, responses={202: PreviewSerializer})
    def post(self, request: Request, plan_id: int) -> Response:
        plan = plan_of(person(request), plan_id)
        seed = validated(PreviewRequest(data=request.data)).get("seed")
        preview = described_plan(ask_preview(plan, seed, timezone.now()))["preview"]
        return Response(preview, status=status.HTTP_202_ACCEPTED)


class PreviewTilesView(APIView):
    """`GET`: the middle slices of the instances of a preview, as frames."""

    permission_classes = (IsAdminUser,)
    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(responses=OpenApiTypes.BINARY)
    def get(self, request: Request, plan_id: int) -> HttpResponse:
        keys = _keys(plan_of(person(request), plan_id))
        return frames_response(await_frames("middle", keys, PATIENCE_S))


class PreviewStacksView(APIView):
    """`GET`: all the other slices of the instances of a preview, as frames."""

    permission_classes = (IsAdminUser,)
    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(responses=OpenApiTypes.BINARY)
    def get(self, request: Request, plan_id: int) -> StreamingHttpResponse:
        return frames_stream(_stacks(_keys(plan_of(person(request), plan_id))))


class PlanViewerView(APIView):
    """`GET`: the volumes of a plan with the instances of its preview as Neuroglancer shows them,
    and the address of the page that does."""

    permission_classes = (IsAdminUser,)

    @extend_schema(responses=PlanViewSerializer)
    def get(self, request: Request, plan_id: int) -> Response:
        view = view_of(plan_of(person(request), plan_id), request.build_absolute_uri("/"))
        address = reverse("neuroglancer") + state_fragment(view.state)
        problems = [{"layer": one.layer, "sentence": one.sentence} for one in view.problems]
        return Response({"state": view.state, "problems": problems, "address": address})


class SaveView(APIView):
    """`POST`: make the dataset and load its table. Ask for the plan until its status is `saved`, or
    `draft` again with a `failure`; it is made as a whole or not at all."""

    permission_classes = (IsAdminUser,)

    @extend_schema(request=None, responses={202: PlanSerializer})
    def post(self, request: Request, plan_id: int) -> Response:
        plan = ask_save(plan_of(person(request), plan_id), timezone.now())
        return Response(described_plan(plan), status=status.HTTP_202_ACCEPTED)


class CancelView(APIView):
    """`POST`: give the saving up; nothing of it stays."""

    permission_classes = (IsAdminUser,)

    @extend_schema(request=None, responses={202: PlanSerializer})
    def post(self, request: Request, plan_id: int) -> Response:
        plan = cancel_saving(plan_of(person(request), plan_id), timezone.now())
        return Response(described_plan(plan), status=status.HTTP_202_ACCEPTED)


class PlanRefusedView(APIView):
    """`GET`: the rows that kept a plan from being saved, with the reasons, as CSV."""

    permission_classes = (IsAdminUser,)
    renderer_classes = (CsvRenderer, JSONRenderer)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, plan_id: int) -> HttpResponse:
        plan = plan_of(person(request), plan_id)
        if plan.refused is None:
            raise NotFoundError("No row of this table was refused.")
        return csv_response(gzip.decompress(plan.refused).decode(), "refused.csv")


def _keys(plan: DatasetPlan) -> list[str]:
    """The keys of a preview; what is no longer stored of it is rendered again."""
    instances: Sequence[dict[str, Any]] = plan.preview.get("instances", [])
    keys = [str(one["key"]) for one in instances]
    if cutout_store().missing(keys) and cutout_store().announce(f"preview-{plan.pk}"):
        enqueue(Job.PREVIEW_PLAN, plan_id=plan.pk)
    return keys


def _stacks(keys: Sequence[str]) -> Iterator[bytes]:
    ends_at = time.monotonic() + PATIENCE_S
    for key in keys:
        yield b"".join(await_frames("rest", [key], max(0.0, ends_at - time.monotonic())))
