from django.urls import path

from apps.proofreading import api, managing_views, skeleton_views, views, volume_views

_ONE = "api/campaigns/<int:campaign_id>"

urlpatterns = [
    path("campaigns/<int:campaign_id>/", views.work, name="campaign-work"),
    path("campaigns/<int:campaign_id>/finished/", views.finished, name="campaign-finished"),
    path("campaigns/<int:campaign_id>/mine/", views.mine, name="my-pages"),
    path("campaigns/<int:campaign_id>/errors/", views.errors, name="campaign-errors"),
    path("campaigns/new/", managing_views.new, name="campaign-new"),
    path("campaigns/<int:campaign_id>/manage/", managing_views.manage, name="campaign-manage"),
    path("api/campaigns", api.CampaignsView.as_view(), name="campaigns"),
    path("api/campaigns/count", api.CountView.as_view(), name="campaigns-count"),
    path(f"{_ONE}", api.CampaignView.as_view(), name="campaign"),
    path(f"{_ONE}/status", api.StatusView.as_view(), name="campaign-status"),
    path(f"{_ONE}/clone", api.CloneView.as_view(), name="campaign-clone"),
    path(f"{_ONE}/categories", api.CategoriesView.as_view(), name="campaign-categories"),
    path(f"{_ONE}/categories/<slug:key>", api.CategoryView.as_view(), name="campaign-category"),
    path(f"{_ONE}/pictures", api.PicturesView.as_view(), name="campaign-pictures"),
    path(f"{_ONE}/pictures/<int:picture_id>", api.PictureView.as_view(), name="picture-remove"),
    path(f"{_ONE}/pages/<int:number>/reopen", api.ReopenView.as_view(), name="page-reopen"),
    path("api/campaigns/<int:campaign_id>/lease", api.LeaseView.as_view(), name="campaign-lease"),
    path("api/campaigns/<int:campaign_id>/gold", api.GoldView.as_view(), name="campaign-gold"),
    path(
        "api/campaigns/<int:campaign_id>/gold/policy",
        api.GoldPolicyView.as_view(),
        name="campaign-gold-policy",
    ),
    path(f"{_ONE}/gold/<slug:table>.csv", api.GoldFileView.as_view(), name="campaign-gold-file"),
    path(f"{_ONE}/neurons", api.NeuronsView.as_view(), name="campaign-neurons"),
    path(f"{_ONE}/neurons/<str:root_id>", api.NeuronView.as_view(), name="campaign-neuron"),
    path(
        f"{_ONE}/neurons/sections/<int:section_id>/ahead",
        api.SectionAheadView.as_view(),
        name="section-ahead",
    ),
    path(f"{_ONE}/choosing", api.ChoosingView.as_view(), name="campaign-choosing"),
    path(f"{_ONE}/missed", api.MissedView.as_view(), name="campaign-missed"),
    path(f"{_ONE}/missed.csv", api.MissedFileView.as_view(), name="campaign-missed-file"),
    path("api/leases/<uuid:token>/marks", api.MarksView.as_view(), name="lease-marks"),
    path(f"{_ONE}/priorities", api.PrioritiesView.as_view(), name="campaign-priorities"),
    path("api/campaigns/<int:campaign_id>/mine", api.MyPagesView.as_view(), name="api-my-pages"),
    path(f"{_ONE}/mine/figures", api.MyFiguresView.as_view(), name="api-my-figures"),
    path(f"{_ONE}/mine/errors", api.CardsView.as_view(), name="api-my-errors"),
    path(f"{_ONE}/mine/discards", api.DiscardView.as_view(), name="api-discard"),
    path(f"{_ONE}/mine/discards/undo", api.TakeBackView.as_view(), name="api-discard-undo"),
    path("volumes/<int:volume_id>/<path:name>", volume_views.volume_file, name="volume-file"),
    path("api/leases/<uuid:token>", api.PageView.as_view(), name="lease-page"),
    path("api/leases/<uuid:token>/revise", api.ReviseView.as_view(), name="lease-revise"),
    path(f"{_ONE}/neuroglancer", api.CampaignViewerView.as_view(), name="campaign-neuroglancer"),
    path(
        "api/leases/<uuid:token>/neuroglancer",
        api.LeaseViewerView.as_view(),
        name="lease-neuroglancer",
    ),
    path("api/leases/<uuid:token>/details", api.DetailsView.as_view(), name="lease-details"),
    path("api/leases/<uuid:token>/tiles", api.TilesView.as_view(), name="lease-tiles"),
    path("api/leases/<uuid:token>/stacks", api.StacksView.as_view(), name="lease-stacks"),
    path("api/leases/<uuid:token>/verdicts", api.VerdictsView.as_view(), name="lease-verdicts"),
    path("api/leases/<uuid:token>/renew", api.RenewView.as_view(), name="lease-renew"),
    path("api/leases/<uuid:token>/submit", api.SubmitView.as_view(), name="lease-submit"),
    path("api/leases/<uuid:token>/skip", api.SkipView.as_view(), name="lease-skip"),
]

_DATASET = "<int:dataset_id>"

urlpatterns += [
    path(f"skeletons/{_DATASET}/info", skeleton_views.skeleton_info, name="skeleton-info"),
    path(f"skeletons/{_DATASET}/<int:root_id>", skeleton_views.skeleton, name="skeleton"),
    path(
        f"api/datasets/{_DATASET}/skeletons",
        api.SkeletonsView.as_view(),
        name="dataset-skeletons",
    ),
    path(
        f"api/datasets/{_DATASET}/skeletons/files",
        api.SkeletonFilesView.as_view(),
        name="dataset-skeleton-files",
    ),
    path(
        f"api/datasets/{_DATASET}/skeletons/try",
        api.TrySkeletonView.as_view(),
        name="dataset-skeleton-try",
    ),
    path(
        f"datasets/{_DATASET}/skeletons/",
        skeleton_views.dataset_skeletons_page,
        name="dataset-skeletons-page",
    ),
]
