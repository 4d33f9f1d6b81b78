from django.urls import path

from apps.exports import views

urlpatterns = [
    path("campaigns/<int:campaign_id>/synanno.json", views.synanno_json, name="campaign-export"),
]
