"""A plan of a dataset with something of everything in it, without volumes to look at."""

from __future__ import annotations

import gzip

from django.utils import timezone

from apps.accounts.models import User
from apps.datasets.models import DatasetPlan, SynapseTable, TableUpload
from apps.datasets.services.planning import start_plan

_SAID = {
    "address": "file:///em",
    "secret": "",
    "mip": 0,
    "axis_order": "xyz",
    "resolution": None,
    "is_sparse": False,
}
_VOLUME = {
    "of": _SAID,
    "address": "file:///em",
    "version": "-",
    "dtype": "uint8",
    "resolution_nm": [4.0, 4.0, 40.0],
    "bounds": {"lo": [0, 0, 0], "hi": [512, 512, 64]},
    "scales": [
        {
            "mip": 0,
            "resolution_nm": [4.0, 4.0, 40.0],
            "size": [512, 512, 64],
            "offset": [0, 0, 0],
            "chunk": [64, 64, 16],
            "encoding": "raw",
        }
    ],
}
_TABLE = {
    "name": "synapses.csv",
    "columns": ["x", "y", "z"],
    "rows": [["1", "2", "3"]],
    "layout": "mapping",
    "mapping": {"center": ["x", "y", "z"], "no_neuron": 0},
    "unit": "voxels",
    "resolution_nm": [4.0, 4.0, 40.0],
    "guessed": ["unit"],
    "looked_at": 1,
    "usable": 0,
    "faults": ["synapses.csv, line 2, column x: it is none."],
    "meanings": [{"unit": "voxels", "resolution_nm": [4.0, 4.0, 40.0], "usable": 0}],
}
_INSTANCE = {
    "row": 0,
    "source_id": "7",
    "key": "0" * 40,
    "center": [1, 2, 3],
    "center_nm": [6.0, 10.0, 140.0],
    "pre_nm": None,
    "post_nm": [6.0, 10.0, 140.0],
}


def full_plan(owner: User, table: SynapseTable) -> DatasetPlan:
    """A plan that was examined, previewed, refused and saved, all at once."""
    plan = start_plan(owner, {"name": "tissue", "image": _SAID}, timezone.now())
    DatasetPlan.objects.filter(pk=plan.pk).update(
        examined={
            "volumes": {"image": _VOLUME, "cleft": {"of": {}, "scales": _VOLUME["scales"]}},
            "table": _TABLE,
            "crop": {"nm": [384.0, 384.0, 240.0], "image_voxels": [96, 96, 6]},
        },
        problems={"table_resolution": "table_resolution: none of them lies inside."},
        examined_revision=plan.revision,
        preview={"state": "ready", "rows": 1, "is_whole": False, "instances": [_INSTANCE]},
        progress={"stage": "reading", "rows": 1},
        refused=gzip.compress(b"line,column,reason\n"),
        refused_count=1,
        failure="table: one row is refused.",
        table=table,
    )
    TableUpload.objects.create(plan=plan, name="synapses.csv", size=12)
    return plan
