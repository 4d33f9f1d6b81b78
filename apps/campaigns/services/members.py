"""Who takes part in a campaign, and as what. A campaign is never without a manager."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.accounts.models import Team, User
from apps.accounts.services.people import create_person
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services.assigning import transfer_pages
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.campaigns.services.life import lock_campaign
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError

Role = Membership.Role


class LastManagerError(ConflictError):
    """A campaign would be without a manager."""

    code = "last_manager"


def read_role(text: str, field: str = "role") -> Role:
    """Raises InvalidInputError for a word that is no role."""
    if text not in Role.values:
        raise InvalidInputError(
            f"{field}: {text!r} is none of {', '.join(Role.values)}.", field=field
        )
    return Role(text)


@transaction.atomic
def set_role(
    campaign: Campaign, user: User, role: Role, by: User | None, now: datetime
) -> Membership:
    """Let somebody take part, or give a member another role.

    A role that is given to a person is their own: it stays when their team leaves. Who becomes a
    viewer gives back the pages that they hold, and who is no expert any more those of experts.
    Raises LastManagerError, and NotNowError for an archived campaign.
    """
    campaign = lock_campaign(campaign.pk)
    check_not_archived(campaign, "role")
    member = campaign.memberships.select_related("user", "campaign").filter(user=user).first()
    if member is None:
        member = Membership.objects.create(campaign=campaign, user=user, role=role)
        record(campaign, by, "member_added", {"person": user.username, "role": role.value}, now)
        return member
    if member.role != role:
        change_role(member, role, by, now)
    Membership.objects.filter(pk=member.pk).update(team=None)
    member.team = None
    return member


def change_role(member: Membership, role: Role, by: User | None, now: datetime) -> None:
    """Another role for a member of a campaign that is locked. Raises LastManagerError."""
    former, campaign = member.role, member.campaign
    if role != Role.MANAGER:
        _check_a_manager_is_left(member)
    if role == Role.VIEWER:
        _give_pages_back(member, by, now)
    elif former == Role.EXPERT:
        _give_pages_back(member, by, now, Page.Kind.ADJUDICATION)
    member.role = role
    member.save(update_fields=["role"])
    details = {"person": member.user.username, "from": former, "to": role.value}
    record(campaign, by, "role_changed", details, now)


@transaction.atomic
def remove_member(campaign: Campaign, user: User, by: User, now: datetime) -> None:
    """Somebody takes part no longer: their pages go to others, what they said is kept. Also of an
    archived campaign: whoever may not see it any more must not.

    Raises NotFoundError, and LastManagerError.
    """
    campaign = lock_campaign(campaign.pk)
    member = campaign.memberships.select_related("user", "campaign").filter(user=user).first()
    if member is None:
        raise NotFoundError(f"{user.username} takes no part in this campaign.")
    drop_membership(member, by, now)


def drop_membership(member: Membership, by: User, now: datetime) -> None:
    """End a membership of a campaign that is locked. Raises LastManagerError."""
    _check_a_manager_is_left(member)
    _give_pages_back(member, by, now)
    details = {"person": member.user.username, "role": member.role}
    record(member.campaign, by, "member_removed", details | _through(member.team), now)
    member.delete()


def _through(team: Team | None) -> dict[str, str]:
    return {} if team is None else {"team": team.name}


def _check_a_manager_is_left(member: Membership) -> None:
    if member.role != Role.MANAGER:
        return
    others = member.campaign.memberships.filter(role=Role.MANAGER).exclude(pk=member.pk)
    # Who cannot log in manages nothing.
    if not others.filter(user__is_active=True).exists():
        raise LastManagerError(
            f"{member.user.username} is the last manager of {member.campaign.name!r}; "
            "make somebody else a manager first."
        )


def _give_pages_back(
    member: Membership, by: User | None, now: datetime, kind: Page.Kind | None = None
) -> None:
    if member.campaign.status != Campaign.Status.ARCHIVED:  # nobody holds a page of the archive
        transfer_pages(member, None, by, now, kind=kind)


@transaction.atomic
def invite_member(
    campaign: Campaign, about: Mapping[str, str], role: Role, by: User, now: datetime
) -> User:
    """Make somebody new (`create_person`) who takes part; both or neither."""
    user = create_person(**about, by=by)
    set_role(campaign, user, role, by, now)
    return user
