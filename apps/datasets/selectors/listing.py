"""What is listed for those who open campaigns."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.datasets.models import SynapseTable


def tables_of(dataset: str = "", name: str = "") -> QuerySet[SynapseTable]:
    """The synapse tables in all their versions, the latest first; of a dataset and of a name, as
    far as each is given."""
    tables = SynapseTable.objects.select_related("dataset").order_by("-pk")
    if dataset:
        tables = tables.filter(dataset__name=dataset)
    return tables.filter(name=name) if name else tables
