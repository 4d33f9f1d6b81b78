"""The API of datasets: tables that campaigns are opened on, and plans of new ones."""

from __future__ import annotations

from apps.datasets.api.choosing import TableViewerView
from apps.datasets.api.plans import (
    CancelView,
    FileView,
    PlanRefusedView,
    PlansView,
    PlanView,
    PlanViewerView,
    PreviewStacksView,
    PreviewTilesView,
    PreviewView,
    SaveView,
)
from apps.datasets.api.secrets import SecretsView, SecretView
from apps.datasets.api.tables import TableRefusedView, TablesView

__all__ = [
    "CancelView",
    "FileView",
    "PlanRefusedView",
    "PlanView",
    "PlanViewerView",
    "PlansView",
    "PreviewStacksView",
    "PreviewTilesView",
    "PreviewView",
    "SaveView",
    "SecretView",
    "SecretsView",
    "TableRefusedView",
    "TableViewerView",
    "TablesView",
]
