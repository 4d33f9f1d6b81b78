from django.urls import path

from apps.campaigns import people_api as api
from apps.campaigns import people_views as views

_CAMPAIGN = "api/campaigns/<int:campaign_id>"

urlpatterns = [
    path("campaigns/<int:campaign_id>/people/", views.members, name="campaign-people"),
    path("people/teams/", views.teams, name="teams"),
    path("people/teams/<int:team_id>/", views.team, name="team"),
    path(f"{_CAMPAIGN}/people", api.MembersView.as_view(), name="api-members"),
    path(f"{_CAMPAIGN}/people/invite", api.InviteMemberView.as_view(), name="api-invite-member"),
    path(f"{_CAMPAIGN}/people/<int:person_id>", api.MemberView.as_view(), name="api-member"),
    path(f"{_CAMPAIGN}/teams", api.TeamEntriesView.as_view(), name="api-team-entries"),
    path(f"{_CAMPAIGN}/teams/<int:team_id>", api.TeamEntryView.as_view(), name="api-team-entry"),
    path("api/teams", api.TeamsView.as_view(), name="api-teams"),
    path("api/teams/<int:team_id>", api.TeamView.as_view(), name="api-team"),
    path("api/teams/<int:team_id>/people", api.TeamPeopleView.as_view(), name="api-team-people"),
    path(
        "api/teams/<int:team_id>/people/<int:person_id>",
        api.TeamPersonView.as_view(),
        name="api-team-person",
    ),
]
