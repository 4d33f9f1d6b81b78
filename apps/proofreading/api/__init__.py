"""The API of proofreading."""

from apps.proofreading.api.campaigns import CampaignsView
from apps.proofreading.api.gold import GoldView
from apps.proofreading.api.leases import (
    LeaseView,
    RenewView,
    SkipView,
    StacksView,
    SubmitView,
    TilesView,
    VerdictsView,
)

__all__ = [
    "CampaignsView",
    "GoldView",
    "LeaseView",
    "RenewView",
    "SkipView",
    "StacksView",
    "SubmitView",
    "TilesView",
    "VerdictsView",
]
