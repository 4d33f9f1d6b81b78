"""The phantom's candidates and truth as plain rows and a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.voxels.phantom.spec import Phantom


def table_rows(phantom: Phantom) -> list[dict[str, int]]:
    """One dict a candidate with SynAnno's eleven columns, in the order of the columns.

    All values are integers; points are voxels of the cleft volume.
    """
    rows = []
    for candidate in phantom.candidates:
        row: dict[str, int] = {}
        for name, point in (
            ("pre_pt_", candidate.pre_pt_xyz),
            ("post_pt_", candidate.post_pt_xyz),
            ("", candidate.center_xyz),
        ):
            row |= {f"{name}{axis}": value for axis, value in zip("xyz", point, strict=True)}
        row["pre_neuron_id"] = candidate.pre_neuron_id
        row["post_neuron_id"] = candidate.post_neuron_id
        rows.append(row)
    return rows


def truth_document(phantom: Phantom) -> dict[str, Any]:
    """What is planted, ready for `json.dump`.

    {"seed", "spec", "rows": [one entry a table row, in order], "missed": [one entry each]};
    an entry has the fields of `Truth`.
    """
    entries = [asdict(truth) for truth in phantom.truth]
    return {
        "seed": phantom.spec.seed,
        "spec": asdict(phantom.spec),
        "rows": [entry for entry in entries if entry["row"] is not None],
        "missed": [entry for entry in entries if entry["row"] is None],
    }
