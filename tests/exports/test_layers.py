"""What Neuroglancer is given of an export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import neuroglancer
import pytest
from django.test import override_settings

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import Format
from apps.exports.models import Export
from apps.exports.services.folders import folder_of
from tests.revision.conftest import mended
from tests.support.drawing import revise
from tests.support.exports import ask, exports_in, written
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

__all__ = ["mended"]


@pytest.fixture
def export(mended: Campaign, team: Team, tmp_path: Path) -> Iterator[Export]:
    """The layers of a campaign of which somebody has drawn a mask."""
    anna = revise(mended, team.anna)
    anna.draw(anna.drawn(anna.zs[2]))
    with override_settings(ENVIRONMENT=exports_in(tmp_path / "exports")):
        made = written(ask(mended, Format.ANNOTATIONS, Format.SEGMENTATION))
        assert made.state == Export.State.READY, made.failure
        yield made


def page_of(export: Export) -> str:
    return f"/campaigns/{export.campaign_id}/exports/{export.key}"


def layer_of(export: Export, form: str) -> str:
    return f"/layers/{export.campaign_id}/{export.key}/{form}"


def test_a_state_shows_the_layers_over_the_dataset(export: Export, team: Team) -> None:
    manager = client_of(team.manager)
    answer = manager.get(f"{page_of(export)}/state.json")
    assert answer.status_code == 200
    state: Any = neuroglancer.ViewerState(json.loads(answer.content))
    assert state.title == f"Export {export.pk} · {export.campaign.name}"
    layers = {layer.name: layer.layer for layer in state.layers}
    assert [*layers] == ["image", "neurons", "clefts", "corrected masks", "verdicts"]
    source = f"precomputed://http://testserver{layer_of(export, 'annotations')}"
    assert layers["verdicts"].source[0].url == source
    assert dict(layers["verdicts"].linked_segmentation_layer) == {
        "pre_segment": "neurons",
        "post_segment": "neurons",
    }
    assert layers["corrected masks"].source[0].url == source.replace("annotations", "segmentation")
    notes = next(one["notes"] for one in export.files if one["format"] == "annotations")
    sizes = state.dimensions.scales * 1e9
    assert (state.position * sizes).tolist() == pytest.approx(notes["first_nm"], rel=1e-5)
    shown = manager.get(f"{page_of(export)}/neuroglancer")
    assert shown.status_code == 302
    address, _, fragment = shown.headers["Location"].partition("#!")
    assert address == "/neuroglancer/"
    assert json.loads(unquote(fragment)) == json.loads(answer.content)


@pytest.mark.parametrize("form", ["annotations", "segmentation"])
def test_files_of_layers_are_for_those_who_may_export(
    export: Export, team: Team, form: str
) -> None:
    manager, address = client_of(team.manager), layer_of(export, form)
    folder = folder_of(export).path / form / "layer"
    info: Any = manager.get(f"{address}/info")
    assert info.status_code == 200
    assert info.getvalue() == (folder / "info").read_bytes()
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert len(names) > 2
    for name in names:
        answer: Any = manager.get(f"{address}/{name.removesuffix('.gz')}")
        assert answer.status_code == 200, name
    for secret in ("../notes.json", f"../{form}.zip", "../../manifest.json"):
        assert manager.get(f"{address}/{secret}").status_code == 404
    assert client_of(team.anna).get(f"{address}/info").status_code == 403
    assert client_of(team.outsider).get(f"{address}/info").status_code == 404


def test_an_export_without_layers_has_nothing_to_show(
    export: Export, mended: Campaign, team: Team
) -> None:
    manager, table = client_of(team.manager), written(ask(mended, Format.CSV))
    assert manager.get(f"{layer_of(table, 'csv')}/info").status_code == 404
    assert manager.get(f"{page_of(table)}/state.json").status_code == 404
    waiting = ask(mended, Format.ANNOTATIONS)
    assert manager.get(f"{layer_of(waiting, 'annotations')}/info").status_code == 409
    assert manager.get(f"{layer_of(export, 'parquet')}/info").status_code == 404
