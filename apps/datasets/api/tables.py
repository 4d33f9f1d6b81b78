"""The API of synapse tables: what a campaign can be opened on, and what was refused of them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAdminUser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.paging import filters_of
from apps.datasets.models import SynapseTable
from apps.datasets.selectors.listing import refused_rows_of, tables_of
from apps.datasets.serializers import TableFilters, TableSerializer


class CsvRenderer(JSONRenderer):
    """Lets clients ask for a CSV file, which the view sends as it is; errors are still JSON."""

    media_type = "text/csv"
    format = "csv"


def csv_response(text: str, name: str) -> HttpResponse:
    """A file to be kept; nothing in it is taken for a page."""
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


class TablesView(generics.ListAPIView[SynapseTable]):
    """`GET ?dataset=ca3`: the synapse tables in all their versions, the latest first, with the ids
    that `POST /api/campaigns` takes. For those who may open campaigns."""

    permission_classes = (IsAdminUser,)
    serializer_class = TableSerializer
    queryset = SynapseTable.objects.none()

    def get_queryset(self) -> QuerySet[SynapseTable]:
        return tables_of(**filters_of(self.request, TableFilters))

    @extend_schema(parameters=[TableFilters])
    def get(self, request: Request) -> Response:
        return self.list(request)


class TableRefusedView(APIView):
    """`GET`: the rows of a table that were refused, with the reasons, as CSV."""

    permission_classes = (IsAdminUser,)
    renderer_classes = (CsvRenderer, JSONRenderer)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, table_id: int) -> HttpResponse:
        return csv_response(refused_rows_of(table_id), f"refused-{table_id}.csv")
