from django.urls import path

from apps.revision import managing_views, views
from apps.revision.api import (
    additions,
    easel,
    leases,
    looking,
    markers,
    mine,
    outcomes,
    proposals,
    queue,
    settings,
    slices,
    viewing,
)

_ONE = "api/campaigns/<int:campaign_id>/revisions"
_SEEN = "campaigns/<int:campaign_id>/revisions/<int:revision_id>"
_MY_OWN = "campaigns/<int:campaign_id>/revisions/mine"
_MINE = "api/revisions/<uuid:revision_token>"
_ADDITIONS = "api/campaigns/<int:campaign_id>/additions"
_MARK = f"{_ADDITIONS}/marks/<uuid:mark_key>"
_PROPOSAL = f"{_MINE}/proposals/<int:proposal_id>"

urlpatterns = [
    path("campaigns/<int:campaign_id>/revise", views.revise, name="campaign-revise"),
    path("campaigns/<int:campaign_id>/missed", views.missed, name="missed-synapses"),
    path("campaigns/<int:campaign_id>/revisions/", managing_views.mending, name="campaign-mending"),
    path(f"{_SEEN}/", views.look, name="revision-look"),
    path(f"{_MY_OWN}/", views.my_revisions, name="my-revisions"),
    path(f"{_MY_OWN}/<int:revision_id>/", views.look_at_mine, name="my-revision"),
    path(
        "api/campaigns/<int:campaign_id>/outcomes",
        outcomes.OutcomesView.as_view(),
        name="campaign-outcomes",
    ),
    path(_ONE, queue.RevisionsView.as_view(), name="campaign-revisions"),
    path(f"{_ONE}/settings", settings.SettingsView.as_view(), name="revision-settings"),
    path(f"{_ONE}/<int:revision_id>/reopen", queue.ReopenView.as_view(), name="revision-reopen"),
    path(
        f"{_ONE}/<int:revision_id>/withdraw",
        queue.WithdrawView.as_view(),
        name="revision-withdraw",
    ),
    path(f"{_ONE}/mine", mine.MyRevisionsView.as_view(), name="api-my-revisions"),
    path(
        f"{_ONE}/mine/<int:revision_id>/reopen",
        mine.ReopenMineView.as_view(),
        name="my-revision-reopen",
    ),
    path(f"api/{_SEEN}/easel", looking.LookEaselView.as_view(), name="look-easel"),
    path(f"api/{_SEEN}/picture", looking.LookPictureView.as_view(), name="look-picture"),
    path(f"api/{_SEEN}/versions", looking.LookVersionsView.as_view(), name="look-versions"),
    path(f"{_ONE}/lease", leases.LeaseView.as_view(), name="revision-lease"),
    path(f"{_MINE}/renew", leases.RenewView.as_view(), name="revision-renew"),
    path(f"{_MINE}/finish", leases.FinishView.as_view(), name="revision-finish"),
    path(f"{_MINE}/release", leases.ReleaseView.as_view(), name="revision-release"),
    path(f"{_MINE}/neuroglancer", viewing.ViewerView.as_view(), name="revision-neuroglancer"),
    path(f"{_MINE}/details", viewing.DetailsView.as_view(), name="revision-details"),
    path(f"{_MINE}/easel", easel.EaselView.as_view(), name="revision-easel"),
    path(f"{_MINE}/picture", easel.PictureView.as_view(), name="revision-picture"),
    path(f"{_MINE}/slices", slices.SlicesView.as_view(), name="revision-slices"),
    path(f"{_MINE}/versions", slices.VersionsView.as_view(), name="revision-versions"),
    path(f"{_MINE}/restore", slices.RestoreView.as_view(), name="revision-restore"),
    path(f"{_MINE}/markers", markers.MarkersView.as_view(), name="revision-markers"),
    path(f"{_MINE}/swap", markers.SwapView.as_view(), name="revision-swap"),
    path(f"{_MINE}/reset", markers.ResetView.as_view(), name="revision-reset"),
    path(f"{_MINE}/proposals", proposals.ProposalsView.as_view(), name="revision-proposals"),
    path(f"{_PROPOSAL}/cancel", proposals.CancelView.as_view(), name="revision-proposal-cancel"),
    path(f"{_PROPOSAL}/decide", proposals.DecideView.as_view(), name="revision-proposal-decide"),
    path(
        f"{_PROPOSAL}/take-back",
        proposals.TakeBackView.as_view(),
        name="revision-proposal-take-back",
    ),
    path(_ADDITIONS, additions.AdditionsView.as_view(), name="additions"),
    path(f"{_ADDITIONS}/near", additions.NearView.as_view(), name="additions-near"),
    path(f"{_ADDITIONS}/around", additions.AroundView.as_view(), name="additions-around"),
    path(
        f"{_ADDITIONS}/<int:added_id>/withdraw",
        additions.WithdrawAddedView.as_view(),
        name="addition-withdraw",
    ),
    path(f"{_ADDITIONS}/marks", additions.MarksView.as_view(), name="additions-marks"),
    path(f"{_MARK}/dismiss", additions.DismissMarkView.as_view(), name="mark-dismiss"),
    path(f"{_MARK}/reopen", additions.ReopenMarkView.as_view(), name="mark-reopen"),
    path(
        f"{_ADDITIONS}/neuroglancer",
        additions.AdditionsViewerView.as_view(),
        name="additions-neuroglancer",
    ),
]
