"""How tables are told, and what a list of them is narrowed to."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.datasets.models import SynapseTable


class TableFilters(serializers.Serializer[Any]):
    dataset = serializers.CharField(max_length=200, default="", help_text="The name of a dataset.")
    name = serializers.CharField(max_length=200, default="", help_text="The name of a table.")


class TableSerializer(serializers.ModelSerializer[SynapseTable]):
    dataset = serializers.CharField(source="dataset.name")
    resolution_nm = serializers.SerializerMethodField(help_text="Of its voxels, along x, y, z.")

    class Meta:
        model = SynapseTable
        fields = ("id", "dataset", "name", "version", "row_count", "resolution_nm", "loaded_at")

    def get_resolution_nm(self, table: SynapseTable) -> list[float]:
        return [table.resolution_x, table.resolution_y, table.resolution_z]
