from django.urls import path

from apps.datasets import api

urlpatterns = [path("api/tables", api.TablesView.as_view(), name="api-tables")]
