"""Datasets: volumes and synapse tables, and the instances that the tables list.

All coordinates are in physical order x, y, z. Geometry never changes once it is loaded.
"""

from apps.datasets.models.plans import DatasetPlan, TableUpload, UploadPart
from apps.datasets.models.skeletons import SkeletonSource, StoredSkeleton, SwcFile
from apps.datasets.models.tables import (
    ColumnBlock,
    Dataset,
    Instance,
    RefusedRows,
    Secret,
    SynapseTable,
    Volume,
)

__all__ = [
    "ColumnBlock",
    "Dataset",
    "DatasetPlan",
    "Instance",
    "RefusedRows",
    "Secret",
    "SkeletonSource",
    "StoredSkeleton",
    "SwcFile",
    "SynapseTable",
    "TableUpload",
    "UploadPart",
    "Volume",
]
