from django.urls import path

from apps.exports import api, views

urlpatterns = [
    path("campaigns/<int:campaign_id>/synanno.json", views.synanno_json, name="campaign-export"),
    path(
        "api/campaigns/<int:campaign_id>/synanno.json",
        api.SynAnnoFileView.as_view(),
        name="api-campaign-export",
    ),
]
