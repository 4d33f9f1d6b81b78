"""How many rows there are, to show that nothing was half-created."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Model

from apps.campaigns.models import Campaign, Item, Membership, Page
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume

MODELS: tuple[type[Model], ...] = (
    *(Dataset, Volume, SynapseTable, Instance),
    *(Campaign, Membership, Page, Item),
)


def counts(models: Sequence[type[Model]] = MODELS) -> list[int]:
    """The rows of each model, in their order."""
    return [model._default_manager.count() for model in models]
