"""Where SYNANNO_VOLUME_ROOTS is set, no file outside it is opened, links followed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.models import Dataset
from tests.support.campaigns import make_table
from tests.support.volumes import PhantomFiles


def only_under(root: Path) -> override_settings:
    return override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, volume_roots=(root,)))


@pytest.mark.django_db
def test_volumes_under_a_root_are_opened(phantom_files: PhantomFiles) -> None:
    with only_under(phantom_files.folder.resolve()):
        assert make_table(phantom_files).row_count == phantom_files.rows


@pytest.mark.django_db
def test_a_link_out_of_a_root_is_refused(phantom_files: PhantomFiles, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "image").symlink_to(phantom_files.folder / "image")
    escaping = replace(phantom_files, image=f"precomputed://file://{inside}/image")
    with (
        only_under(inside),
        pytest.raises(InvalidInputError, match="SYNANNO_VOLUME_ROOTS") as refused,
    ):
        make_table(escaping)
    assert refused.value.field == "image"
    assert not Dataset.objects.exists()
