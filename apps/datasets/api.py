"""The API of synapse tables: what a campaign can be opened on."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.paging import filters_of
from apps.datasets.models import SynapseTable
from apps.datasets.selectors.listing import tables_of
from apps.datasets.serializers import TableFilters, TableSerializer


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
