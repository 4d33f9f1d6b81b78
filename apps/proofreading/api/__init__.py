"""The API of proofreading."""

from apps.proofreading.api.campaigns import (
    CampaignsView,
    CampaignView,
    CloneView,
    CountView,
    ReopenView,
    StatusView,
)
from apps.proofreading.api.cards import CardsView, DiscardView, TakeBackView
from apps.proofreading.api.details import DetailsView
from apps.proofreading.api.gold import GoldFileView, GoldPolicyView, GoldView
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
from apps.proofreading.api.mine import MyFiguresView, MyPagesView
from apps.proofreading.api.neurons import (
    MarksView,
    MissedFileView,
    MissedView,
    NeuronsView,
    NeuronView,
    SectionAheadView,
)
from apps.proofreading.api.priorities import PrioritiesView
from apps.proofreading.api.shown import (
    CategoriesView,
    CategoryView,
    PicturesView,
    PictureView,
)
from apps.proofreading.api.skeletons import SkeletonFilesView, SkeletonsView, TrySkeletonView
from apps.proofreading.api.viewing import CampaignViewerView, ChoosingView, LeaseViewerView

__all__ = [
    "CampaignView",
    "CampaignViewerView",
    "CampaignsView",
    "CardsView",
    "CategoriesView",
    "CategoryView",
    "ChoosingView",
    "CloneView",
    "CountView",
    "DetailsView",
    "DiscardView",
    "GoldFileView",
    "GoldPolicyView",
    "GoldView",
    "LeaseView",
    "LeaseViewerView",
    "MarksView",
    "MissedFileView",
    "MissedView",
    "MyFiguresView",
    "MyPagesView",
    "NeuronView",
    "NeuronsView",
    "PageView",
    "PictureView",
    "PicturesView",
    "PrioritiesView",
    "RenewView",
    "ReopenView",
    "ReviseView",
    "SectionAheadView",
    "SkeletonFilesView",
    "SkeletonsView",
    "SkipView",
    "StacksView",
    "StatusView",
    "SubmitView",
    "TakeBackView",
    "TilesView",
    "TrySkeletonView",
    "VerdictsView",
]
