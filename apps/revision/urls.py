from django.urls import path

from apps.revision.api import leases, viewing

_ONE = "api/campaigns/<int:campaign_id>/revisions"
_MINE = "api/revisions/<uuid:revision_token>"

urlpatterns = [
    path(f"{_ONE}/lease", leases.LeaseView.as_view(), name="revision-lease"),
    path(f"{_MINE}/renew", leases.RenewView.as_view(), name="revision-renew"),
    path(f"{_MINE}/finish", leases.FinishView.as_view(), name="revision-finish"),
    path(f"{_MINE}/release", leases.ReleaseView.as_view(), name="revision-release"),
    path(f"{_MINE}/neuroglancer", viewing.ViewerView.as_view(), name="revision-neuroglancer"),
    path(f"{_MINE}/details", viewing.DetailsView.as_view(), name="revision-details"),
]
