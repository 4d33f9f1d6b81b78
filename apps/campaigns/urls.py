from django.urls import path

from apps.campaigns import api, views

urlpatterns = [
    path("", views.my_campaigns, name="my-campaigns"),
    path(
        "api/campaigns/<int:campaign_id>/progress",
        api.ProgressView.as_view(),
        name="campaign-progress",
    ),
]
