from django.urls import path

from apps.datasets import api, serving_views, views

urlpatterns = [
    path("api/tables", api.TablesView.as_view(), name="api-tables"),
    path("neuroglancer/", serving_views.neuroglancer, name="neuroglancer"),
    path(
        "volumes/preview/<str:signed>/<path:name>",
        serving_views.preview_file,
        name="volume-preview-file",
    ),
]

urlpatterns += [
    path(
        "api/tables/<int:table_id>/neuroglancer",
        api.TableViewerView.as_view(),
        name="table-neuroglancer",
    ),
    path("api/secrets", api.SecretsView.as_view(), name="api-secrets"),
    path("api/secrets/<int:secret_id>", api.SecretView.as_view(), name="api-secret"),
]

_PLAN = "api/dataset-plans/<int:plan_id>"

urlpatterns += [
    path("datasets/", views.datasets, name="datasets"),
    path("datasets/plans/<int:plan_id>/", views.plan, name="dataset-plan"),
    path(
        "api/tables/<int:table_id>/refused.csv",
        api.TableRefusedView.as_view(),
        name="table-refused",
    ),
    path("api/dataset-plans", api.PlansView.as_view(), name="api-dataset-plans"),
    path(_PLAN, api.PlanView.as_view(), name="api-dataset-plan"),
    path(f"{_PLAN}/file", api.FileView.as_view(), name="plan-file"),
    path(f"{_PLAN}/preview", api.PreviewView.as_view(), name="plan-preview"),
    path(f"{_PLAN}/preview/tiles", api.PreviewTilesView.as_view(), name="plan-preview-tiles"),
    path(f"{_PLAN}/preview/stacks", api.PreviewStacksView.as_view(), name="plan-preview-stacks"),
    path(f"{_PLAN}/neuroglancer", api.PlanViewerView.as_view(), name="plan-neuroglancer"),
    path(f"{_PLAN}/save", api.SaveView.as_view(), name="plan-save"),
    path(f"{_PLAN}/cancel", api.CancelView.as_view(), name="plan-cancel"),
    path(f"{_PLAN}/refused.csv", api.PlanRefusedView.as_view(), name="plan-refused"),
]
