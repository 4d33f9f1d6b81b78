from django.urls import path

from apps.datasets import api, serving_views

urlpatterns = [
    path("api/tables", api.TablesView.as_view(), name="api-tables"),
    path("neuroglancer/", serving_views.neuroglancer, name="neuroglancer"),
    path(
        "volumes/preview/<str:signed>/<path:name>",
        serving_views.preview_file,
        name="volume-preview-file",
    ),
]
