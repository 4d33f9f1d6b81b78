"""The API for choosing neurons of a dataset in Neuroglancer."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.datasets.domain.viewer_state import state_fragment
from apps.datasets.selectors.listing import volumes_of_table
from apps.datasets.serializers import PlanViewSerializer
from apps.datasets.services.viewing import view_of_dataset


class TableViewerView(APIView):
    """`GET`: the volumes of a table's dataset as Neuroglancer shows them, with nothing selected,
    and the address of the page that does. For those who may open campaigns."""

    permission_classes = (IsAdminUser,)

    @extend_schema(responses=PlanViewSerializer)
    def get(self, request: Request, table_id: int) -> Response:
        volumes = volumes_of_table(table_id)
        view = view_of_dataset(volumes, request.build_absolute_uri("/"))
        address = reverse("neuroglancer") + state_fragment(view.state)
        problems = [{"layer": one.layer, "sentence": one.sentence} for one in view.problems]
        return Response({"state": view.state, "problems": problems, "address": address})
