from django.urls import path

from apps.core import views

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("api/schema", views.ApiSchemaView.as_view(), name="api-schema"),
    path("api/", views.api_page, name="api-page"),
]
