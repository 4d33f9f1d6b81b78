"""What is listed for those who open campaigns."""

from __future__ import annotations

import gzip

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from apps.core.errors import NotFoundError
from apps.datasets.models import Dataset, DatasetPlan, RefusedRows, SynapseTable, Volume


def tables_of(dataset: str = "", name: str = "") -> QuerySet[SynapseTable]:
    """The synapse tables in all their versions, the latest first; of a dataset and of a name, as
    far as each is given."""
    tables = SynapseTable.objects.select_related("dataset").order_by("-pk")
    if dataset:
        tables = tables.filter(dataset__name=dataset)
    return tables.filter(name=name) if name else tables


def all_datasets() -> QuerySet[Dataset]:
    """The datasets with their volumes and tables, by name; of a table the latest version first.

    `crop` of a table is what was last said of its cutouts where a version of it was planned.
    """
    refused = RefusedRows.objects.only("table_id", "count", "kept")
    planned = DatasetPlan.objects.filter(
        table__dataset=OuterRef("dataset"), table__name=OuterRef("name")
    ).order_by("-table__version")
    tables = (
        SynapseTable.objects.order_by("name", "-version")
        .annotate(crop=Subquery(planned.values("settings__crop_size")[:1]))
        .prefetch_related(Prefetch("refused", queryset=refused))
    )
    datasets = Dataset.objects.select_related("created_by").order_by("name")
    return datasets.prefetch_related("volumes", Prefetch("tables", queryset=tables))


def dataset_named(name: str) -> Dataset:
    """The dataset of this name. Raises NotFoundError."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise NotFoundError(f"dataset: there is no dataset {name!r}.", field="dataset")
    return dataset


def refused_rows_of(table_id: int) -> str:
    """The rows of a table that were not loaded, with the reasons, as CSV.

    Raises NotFoundError where none was refused.
    """
    refused = RefusedRows.objects.filter(table_id=table_id).first()
    if refused is None:
        raise NotFoundError("No row of this table was refused.")
    return gzip.decompress(refused.content).decode()


def volumes_of_table(table_id: int) -> list[Volume]:
    """The volumes that a table's synapses lie in. Raises NotFoundError where there are none."""
    volumes = list(Volume.objects.filter(dataset__tables=table_id).order_by("pk"))
    if not volumes:
        raise NotFoundError("There is no such table.")
    return volumes
