from django.urls import path

from apps.evaluation import api, views

urlpatterns = [
    path("campaigns/<int:campaign_id>/dashboard/", views.dashboard, name="campaign-dashboard"),
    path(
        "api/campaigns/<int:campaign_id>/evaluation/<slug:panel>",
        api.PanelView.as_view(),
        name="evaluation-panel",
    ),
    path(
        "api/campaigns/<int:campaign_id>/evaluation/<slug:panel>.csv",
        api.PanelFileView.as_view(),
        name="evaluation-file",
    ),
]
