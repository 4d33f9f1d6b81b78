"""The API of who takes part in campaigns: members and teams."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import administrator, invitation_address, logged_in_person, person
from apps.accounts.models import Team, User
from apps.accounts.selectors import all_teams, get_person, get_team, team_named, users_named
from apps.accounts.serializers import (
    InvitationSerializer,
    NewPersonSerializer,
    TeamNameSerializer,
    TeamSerializer,
    UsernameSerializer,
    UserSerializer,
)
from apps.accounts.services.people import create_team, rename_team
from apps.campaigns.models import Membership, TeamEntry
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.campaigns.services.members import invite_member, read_role, remove_member, set_role
from apps.campaigns.services.teams import (
    add_to_team,
    delete_team,
    put_team_in,
    remove_from_team,
    take_team_out,
)
from apps.core.api import validated
from apps.core.errors import NotFoundError
from apps.core.paging import filters_of


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """`team`: through which they came, if through one."""

    person = serializers.IntegerField(source="user_id")
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.get_full_name")
    is_active = serializers.BooleanField(source="user.is_active")
    team = serializers.CharField(source="team.name", default=None, allow_null=True)

    class Meta:
        model = Membership
        fields = [
            *("person", "username", "name", "is_active", "role", "team"),
            *("paused_at", "qualified_at"),
        ]


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Membership.Role.choices)


class NewMemberSerializer(RoleSerializer):
    username = serializers.CharField(max_length=150)


class NewPersonWithRoleSerializer(NewPersonSerializer):
    role = serializers.ChoiceField(choices=Membership.Role.choices)


class MemberFilters(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Membership.Role.choices, default=None, allow_null=True)
    team = serializers.CharField(default=None, allow_null=True, max_length=100)


class TeamEntrySerializer(serializers.ModelSerializer[TeamEntry]):
    name = serializers.CharField(source="team.name")

    class Meta:
        model = TeamEntry
        fields = ["team", "name", "role"]


class NewTeamEntrySerializer(RoleSerializer):
    team = serializers.CharField(max_length=100)


class MembersView(generics.ListAPIView[Membership]):
    """`GET`: who takes part. `POST`: let somebody take part, or give them another role."""

    serializer_class = MemberSerializer

    def get_queryset(self) -> QuerySet[Membership]:
        campaign = campaign_for(person(self.request), self.kwargs["campaign_id"], Action.MANAGE)
        filters = filters_of(self.request, MemberFilters)
        members = campaign.memberships.select_related("user", "team").order_by("pk")
        if filters["role"] is not None:
            members = members.filter(role=filters["role"])
        return members if filters["team"] is None else members.filter(team__name=filters["team"])

    @extend_schema(parameters=[MemberFilters])
    def get(self, request: Request, campaign_id: int) -> Response:
        return self.list(request)

    @extend_schema(request=NewMemberSerializer, responses={201: MemberSerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        by = person(request)
        campaign = campaign_for(by, campaign_id, Action.MANAGE)
        data = validated(NewMemberSerializer(data=request.data))
        (user,) = users_named([data["username"]], "username")
        member = set_role(campaign, user, read_role(data["role"]), by, timezone.now())
        return Response(MemberSerializer(member).data, status=status.HTTP_201_CREATED)


class MemberView(APIView):
    """`PATCH`: another role. `DELETE`: they take part no longer; what they said is kept."""

    @extend_schema(request=RoleSerializer, responses=MemberSerializer)
    def patch(self, request: Request, campaign_id: int, person_id: int) -> Response:
        by = person(request)
        campaign = campaign_for(by, campaign_id, Action.MANAGE)
        data = validated(RoleSerializer(data=request.data))
        user = _member(campaign_id, person_id)
        member = set_role(campaign, user, read_role(data["role"]), by, timezone.now())
        return Response(MemberSerializer(member).data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int, person_id: int) -> Response:
        by = person(request)
        campaign = campaign_for(by, campaign_id, Action.MANAGE)
        remove_member(campaign, _member(campaign_id, person_id), by, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class InviteMemberView(APIView):
    """`POST`: make somebody new and let them take part; the answer is where they choose a
    password, once."""

    @extend_schema(request=NewPersonWithRoleSerializer, responses={201: InvitationSerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        by = logged_in_person(request)
        campaign = campaign_for(by, campaign_id, Action.MANAGE)
        data = validated(NewPersonWithRoleSerializer(data=request.data))
        role = read_role(data.pop("role"))
        user = invite_member(campaign, data, role, by, timezone.now())
        body = {"address": invitation_address(request, user)}
        return Response(body, status=status.HTTP_201_CREATED)


class TeamEntriesView(generics.ListAPIView[TeamEntry]):
    """`GET`: the teams that take part. `POST`: let one take part, or give it another role."""

    serializer_class = TeamEntrySerializer

    def get_queryset(self) -> QuerySet[TeamEntry]:
        campaign = campaign_for(person(self.request), self.kwargs["campaign_id"], Action.MANAGE)
        return campaign.team_entries.select_related("team").order_by("pk")

    @extend_schema(request=NewTeamEntrySerializer, responses={201: TeamEntrySerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        by = person(request)
        campaign = campaign_for(by, campaign_id, Action.MANAGE)
        data = validated(NewTeamEntrySerializer(data=request.data))
        team = team_named(data["team"])
        entry = put_team_in(campaign, team, read_role(data["role"]), by, timezone.now())
        return Response(TeamEntrySerializer(entry).data, status=status.HTTP_201_CREATED)


class TeamEntryView(APIView):
    """`DELETE`: the team takes part no longer, nor do those who came through it alone."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int, team_id: int) -> Response:
        by = person(request)
        campaign = campaign_for(by, campaign_id, Action.MANAGE)
        take_team_out(campaign, get_team(team_id), by, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamsView(generics.ListAPIView[Team]):
    """`GET`: the teams. `POST`: make one. For administrators."""

    serializer_class = TeamSerializer

    def get_queryset(self) -> QuerySet[Team]:
        administrator(self.request)
        return all_teams()

    @extend_schema(request=TeamNameSerializer, responses={201: TeamSerializer})
    def post(self, request: Request) -> Response:
        by = administrator(request)
        team = create_team(validated(TeamNameSerializer(data=request.data))["name"], by)
        return Response(_team(team.pk), status=status.HTTP_201_CREATED)


class TeamView(APIView):
    """`GET`: a team. `PATCH`: another name. `DELETE`: who takes part through it, does no longer."""

    @extend_schema(responses=TeamSerializer)
    def get(self, request: Request, team_id: int) -> Response:
        administrator(request)
        return Response(_team(get_team(team_id).pk))

    @extend_schema(request=TeamNameSerializer, responses=TeamSerializer)
    def patch(self, request: Request, team_id: int) -> Response:
        by = administrator(request)
        data = validated(TeamNameSerializer(data=request.data))
        rename_team(get_team(team_id), data["name"], by)
        return Response(_team(team_id))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, team_id: int) -> Response:
        by = administrator(request)
        delete_team(get_team(team_id), by, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamPeopleView(generics.ListAPIView[User]):
    """`GET`: who is in the team. `POST`: somebody joins it, and with it its campaigns."""

    serializer_class = UserSerializer

    def get_queryset(self) -> QuerySet[User]:
        administrator(self.request)
        return get_team(self.kwargs["team_id"]).members.order_by("username")

    @extend_schema(request=UsernameSerializer, responses={204: None})
    def post(self, request: Request, team_id: int) -> Response:
        by = administrator(request)
        username = validated(UsernameSerializer(data=request.data))["username"]
        (user,) = users_named([username], "username")
        add_to_team(get_team(team_id), user, by, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamPersonView(APIView):
    """`DELETE`: somebody leaves the team, and the campaigns where they are through it alone."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, team_id: int, person_id: int) -> Response:
        by = administrator(request)
        remove_from_team(get_team(team_id), get_person(person_id), by, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _member(campaign_id: int, person_id: int) -> User:
    """A member's person. Raises NotFoundError for others, whoever they are."""
    user = User.objects.filter(memberships__campaign=campaign_id, pk=person_id).first()
    if user is None:
        raise NotFoundError(f"Nobody of the number {person_id} takes part in this campaign.")
    return user


def _team(team_id: int) -> dict[str, Any]:
    return dict(TeamSerializer(all_teams().get(pk=team_id)).data)
