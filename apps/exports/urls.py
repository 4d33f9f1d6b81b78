from django.urls import path

from apps.exports import api, managing_views, serving_views, views

_PAGE = "campaigns/<int:campaign_id>/exports"
_ONE = f"api/{_PAGE}/<uuid:export_key>"

urlpatterns = [
    path("campaigns/<int:campaign_id>/synanno.json", views.synanno_json, name="campaign-export"),
    path(
        "api/campaigns/<int:campaign_id>/synanno.json",
        api.SynAnnoFileView.as_view(),
        name="api-campaign-export",
    ),
    path(f"{_PAGE}/", views.exports, name="campaign-exports"),
    path(
        f"{_PAGE}/<uuid:export_key>/neuroglancer",
        serving_views.shown_export,
        name="export-neuroglancer",
    ),
    path(f"{_PAGE}/<uuid:export_key>/state.json", serving_views.export_state, name="export-state"),
    path(f"{_PAGE}/<uuid:export_key>/<str:file_name>", views.export_download, name="export-file"),
    path(f"api/{_PAGE}", api.ExportsView.as_view(), name="api-exports"),
    path(_ONE, api.ExportView.as_view(), name="api-export"),
    path(
        "layers/<int:campaign_id>/<uuid:export_key>/<str:form>/<path:name>",
        serving_views.layer_file,
        name="export-layer-file",
    ),
    path(f"{_ONE}/cancel", api.ExportCancelView.as_view(), name="api-export-cancel"),
    path(f"{_ONE}/files/<str:file_name>", api.ExportFileView.as_view(), name="api-export-file"),
    path("campaigns/restore/", managing_views.restore, name="campaign-restore"),
    path("api/restores", api.RestoresView.as_view(), name="api-restores"),
    path("api/restores/<uuid:restore_key>", api.RestoreView.as_view(), name="api-restore"),
    path(
        "api/restores/<uuid:restore_key>/campaign",
        api.RestoreCampaignView.as_view(),
        name="api-restore-campaign",
    ),
]
