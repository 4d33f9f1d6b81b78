"""All addresses of the server."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("apps.core.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.datasets.urls")),
    path("", include("apps.campaigns.people_urls")),
    path("", include("apps.campaigns.urls")),
    path("", include("apps.proofreading.urls")),
    path("", include("apps.revision.urls")),
    path("", include("apps.evaluation.urls")),
    path("", include("apps.exports.urls")),
    path("", include("apps.cave_sync.urls")),
    path("admin/", admin.site.urls),
]
