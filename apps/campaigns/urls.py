from django.urls import path

from apps.campaigns import api, views

_ONE = "api/campaigns/<int:campaign_id>/"

urlpatterns = [
    path("", views.my_campaigns, name="my-campaigns"),
    path(f"{_ONE}progress", api.ProgressView.as_view(), name="campaign-progress"),
    path(f"{_ONE}audit", api.AuditView.as_view(), name="campaign-audit"),
    path(f"{_ONE}versions", api.VersionsView.as_view(), name="campaign-versions"),
    path(f"{_ONE}pages", api.PagesView.as_view(), name="campaign-pages"),
    path(f"{_ONE}pages/reserve", api.ReserveView.as_view(), name="pages-reserve"),
    path(f"{_ONE}pages/<int:number>/take-back", api.TakeBackView.as_view(), name="page-take-back"),
    path(f"{_ONE}people/<int:person_id>/pause", api.PauseView.as_view(), name="person-pause"),
    path(f"{_ONE}people/<int:person_id>/resume", api.ResumeView.as_view(), name="person-resume"),
    path(
        f"{_ONE}people/<int:person_id>/transfer", api.TransferView.as_view(), name="person-transfer"
    ),
    path(f"{_ONE}webhooks", api.WebhooksView.as_view(), name="campaign-webhooks"),
    path(f"{_ONE}webhooks/<int:webhook_id>", api.WebhookView.as_view(), name="campaign-webhook"),
    path(
        f"{_ONE}pictures/<int:picture_id>/file", api.PictureView.as_view(), name="campaign-picture"
    ),
]
