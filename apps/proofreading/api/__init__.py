"""The API of proofreading."""

from apps.proofreading.api.campaigns import CampaignsView
from apps.proofreading.api.gold import GoldView
from apps.proofreading.api.leases import (
    LeaseView,
    PageView,
    RenewView,
    ReviseView,
    SkipView,
    StacksView,
    SubmitView,
    TilesView,
    VerdictsView,
)
from apps.proofreading.api.mine import MyPagesView

__all__ = [
    "CampaignsView",
    "GoldView",
    "LeaseView",
    "MyPagesView",
    "PageView",
    "RenewView",
    "ReviseView",
    "SkipView",
    "StacksView",
    "SubmitView",
    "TilesView",
    "VerdictsView",
]
