"""Teams take part in campaigns: whoever is in the team is in them.

What comes through a team goes with it: somebody who leaves the team loses the memberships that
they have through it, and no others.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import Team, User
from apps.accounts.services.people import put_in_team, take_out_of_team
from apps.accounts.services.record import note_deleted
from apps.campaigns.models import Campaign, Membership, TeamEntry
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.campaigns.services.life import lock_campaign
from apps.campaigns.services.members import Role, change_role, drop_membership
from apps.core.errors import NotFoundError


@transaction.atomic
def put_team_in(campaign: Campaign, team: Team, role: Role, by: User, now: datetime) -> TeamEntry:
    """Let all members of a team take part, those who join it later too; or give it another role.

    Who takes part already keeps their role. Raises LastManagerError, and NotNowError for an
    archived campaign.
    """
    _lock(team)
    campaign = lock_campaign(campaign.pk)
    check_not_archived(campaign, "team")
    entry, is_new = TeamEntry.objects.get_or_create(
        campaign=campaign, team=team, defaults={"role": role}
    )
    if is_new or entry.role != role:
        entry.role = role
        entry.save(update_fields=["role"])
        record(campaign, by, "team_added", {"team": team.name, "role": role.value}, now)
    for member in _through(campaign, team):
        if member.role != role:
            change_role(member, role, by, now)
    for user in team.members.exclude(memberships__campaign=campaign).order_by("pk"):
        _let_in(entry, user, by, now)
    return entry


@transaction.atomic
def take_team_out(campaign: Campaign, team: Team, by: User, now: datetime) -> None:
    """The team takes part no longer, nor do those who came through it and no other.

    Raises NotFoundError, and LastManagerError.
    """
    _lock(team)
    campaign = lock_campaign(campaign.pk)
    deleted, _ = TeamEntry.objects.filter(campaign=campaign, team=team).delete()
    if not deleted:
        raise NotFoundError(f"The team {team.name!r} takes no part in this campaign.")
    record(campaign, by, "team_removed", {"team": team.name}, now)
    for member in _through(campaign, team):
        _let_go(member, by, now)


@transaction.atomic
def add_to_team(team: Team, user: User, by: User, now: datetime) -> None:
    """Somebody joins a team, and with it its campaigns."""
    _lock(team)
    put_in_team(team, user, by)
    for entry in _entries(team):
        if not entry.campaign.memberships.filter(user=user).exists():
            _let_in(entry, user, by, now)


@transaction.atomic
def remove_from_team(team: Team, user: User, by: User, now: datetime) -> None:
    """Somebody leaves a team, and the campaigns where they are through it.

    Raises NotFoundError for somebody who is not in it, and LastManagerError.
    """
    _lock(team)
    take_out_of_team(team, user, by)
    for entry in _entries(team):
        for member in _through(entry.campaign, team).filter(user=user):
            _let_go(member, by, now)


@transaction.atomic
def delete_team(team: Team, by: User, now: datetime) -> None:
    """The team is no more; who took part through it does so no longer. Raises LastManagerError."""
    _lock(team)
    for entry in _entries(team):
        take_team_out(entry.campaign, team, by, now)
    note_deleted(by, team, "Deleted.")
    team.delete()


def _lock(team: Team) -> None:
    """Nobody joins or leaves while the team is put into a campaign, so that nobody is missed.
    Always locked before campaigns. Raises NotFoundError where the team is gone."""
    if not Team.objects.select_for_update(no_key=True).filter(pk=team.pk):
        raise NotFoundError(f"The team {team.name!r} is gone.")


def _entries(team: Team) -> list[TeamEntry]:
    """Where the team takes part; each campaign is locked, always in the same order."""
    entries = list(TeamEntry.objects.filter(team=team).select_related("team").order_by("campaign"))
    for entry in entries:
        entry.campaign = lock_campaign(entry.campaign_id)
    return entries


def _through(campaign: Campaign, team: Team) -> QuerySet[Membership]:
    members = campaign.memberships.select_related("user", "campaign", "team")
    return members.filter(team=team).order_by("pk")


def _let_in(entry: TeamEntry, user: User, by: User, now: datetime) -> None:
    Membership.objects.create(campaign=entry.campaign, user=user, role=entry.role, team=entry.team)
    details = {"person": user.username, "role": entry.role, "team": entry.team.name}
    record(entry.campaign, by, "member_added", details, now)


def _let_go(member: Membership, by: User, now: datetime) -> None:
    """End what came through a team, or let another team of this person hold it."""
    others = TeamEntry.objects.filter(campaign=member.campaign, team__members=member.user)
    other = others.exclude(team=member.team).select_related("team").order_by("pk").first()
    if other is None:
        drop_membership(member, by, now)
        return
    if member.role != other.role:
        change_role(member, Role(other.role), by, now)
    member.team = other.team
    member.save(update_fields=["team"])
