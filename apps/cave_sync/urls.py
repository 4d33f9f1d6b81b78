from django.urls import path

from apps.cave_sync import api, token_api, views

_ALL = "api/campaigns/<int:campaign_id>/deliveries"
_ONE = f"{_ALL}/<int:delivery_id>"

urlpatterns = [
    path("campaigns/<int:campaign_id>/cave", views.cave, name="campaign-cave"),
    path(_ALL, api.DeliveriesView.as_view(), name="deliveries"),
    path(f"{_ALL}/tokens", token_api.TokensView.as_view(), name="delivery-tokens"),
    path(_ONE, api.DeliveryView.as_view(), name="delivery"),
    path(f"{_ONE}/progress", api.DeliveryProgressView.as_view(), name="delivery-progress"),
    path(f"{_ONE}/try", api.DeliveryTryView.as_view(), name="delivery-try"),
    path(f"{_ONE}/start", api.DeliveryStartView.as_view(), name="delivery-start"),
    path(f"{_ONE}/pause", api.DeliveryPauseView.as_view(), name="delivery-pause"),
    path(f"{_ONE}/sync", api.DeliverySyncView.as_view(), name="delivery-sync"),
    path(f"{_ONE}/missing", api.DeliveryMissingView.as_view(), name="delivery-missing"),
    path(f"{_ONE}/changes", api.DeliveryChangesView.as_view(), name="delivery-changes"),
    path(f"{_ONE}/rows", api.DeliveryRowsView.as_view(), name="delivery-rows"),
]
