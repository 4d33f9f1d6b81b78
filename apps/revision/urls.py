from django.urls import path

from apps.revision import views
from apps.revision.api import leases, outcomes, queue, settings, viewing

_ONE = "api/campaigns/<int:campaign_id>/revisions"
_MINE = "api/revisions/<uuid:revision_token>"

urlpatterns = [
    path("campaigns/<int:campaign_id>/revise", views.revise, name="campaign-revise"),
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
    path(f"{_ONE}/lease", leases.LeaseView.as_view(), name="revision-lease"),
    path(f"{_MINE}/renew", leases.RenewView.as_view(), name="revision-renew"),
    path(f"{_MINE}/finish", leases.FinishView.as_view(), name="revision-finish"),
    path(f"{_MINE}/release", leases.ReleaseView.as_view(), name="revision-release"),
    path(f"{_MINE}/neuroglancer", viewing.ViewerView.as_view(), name="revision-neuroglancer"),
    path(f"{_MINE}/details", viewing.DetailsView.as_view(), name="revision-details"),
]
