"""Root ids are exact over the whole unsigned range."""

from __future__ import annotations

import pytest

from apps.datasets.models import Instance, SynapseTable

IDS = [0, 1, 864691135123456789, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize("root_id", IDS)
def test_an_id_comes_back_as_it_went(table: SynapseTable, root_id: int) -> None:
    instance = Instance.objects.filter(table=table).first()
    assert instance is not None
    instance.pre_root_id = root_id
    instance.save()
    instance.refresh_from_db()
    assert instance.pre_root_id == root_id
    assert Instance.objects.filter(pre_root_id=root_id).count() == 1


@pytest.mark.parametrize("root_id", [-1, 2**64])
def test_an_impossible_id_is_refused(table: SynapseTable, root_id: int) -> None:
    instance = Instance.objects.filter(table=table).first()
    assert instance is not None
    instance.pre_root_id = root_id
    with pytest.raises(ValueError, match="between 0 and"):
        instance.save()
