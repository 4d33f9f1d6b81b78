"""The pages of who takes part in campaigns: the members of one, and teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.http import PersonRequest, invitation_address
from apps.accounts.models import Team
from apps.accounts.selectors import (
    all_teams,
    check_administrator,
    get_team,
    team_named,
    users_named,
)
from apps.accounts.services.people import create_team, rename_team
from apps.campaigns.models import Campaign, Membership
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
from apps.core.errors import InvalidInputError, SynAnnoError
from apps.core.forms import in_words, put_error

ROLES = [(role.value, role.value) for role in reversed(Membership.Role)]


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.ANNOTATOR)


class InviteForm(forms.Form):
    username = forms.CharField(max_length=150)
    first_name = forms.CharField(max_length=150, required=False, label="First name")
    last_name = forms.CharField(max_length=150, required=False, label="Last name")
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.ANNOTATOR)


class TeamNameForm(forms.Form):
    name = forms.CharField(max_length=100)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def members(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Who takes part in a campaign, for its managers; `do` says what a form is for."""
    campaign = campaign_for(request.user, campaign_id, Action.MANAGE)
    context: dict[str, Any] = {"member_form": MemberForm(), "invite_form": InviteForm()}
    if request.method == "POST":
        if request.POST.get("do") == "invite":
            _invite(request, campaign, context)
        else:
            _tell(request, lambda: _change(request, campaign))
            return redirect("campaign-people", campaign.pk)
    return render(request, "accounts/members.html", context | members_panel(campaign))


def members_panel(campaign: Campaign) -> dict[str, Any]:
    """What `accounts/_members.html` shows, wherever it is included."""
    return {
        "campaign": campaign,
        "members": campaign.memberships.select_related("user", "team").order_by("user__username"),
        "entries": campaign.team_entries.select_related("team").order_by("team__name"),
        "teams": all_teams().exclude(campaign_entries__campaign=campaign),
        "roles": ROLES,
    }


def _invite(request: PersonRequest, campaign: Campaign, context: dict[str, Any]) -> None:
    form = InviteForm(request.POST)
    context["invite_form"] = form
    if not form.is_valid():
        return
    about = dict(form.cleaned_data)
    role = read_role(about.pop("role"))
    try:
        user = invite_member(campaign, about, role, request.user, timezone.now())
    except InvalidInputError as error:
        put_error(form, error)
        return
    context["invite_form"] = InviteForm()
    context["invited"] = {"who": user, "address": invitation_address(request, user)}


def _change(request: PersonRequest, campaign: Campaign) -> None:
    """Do what a form of the page asks for. Raises SynAnnoError."""
    by, now, sent = request.user, timezone.now(), request.POST
    what = sent.get("do", "")
    if what == "set role":
        (user,) = users_named([sent.get("username", "")], "username")
        set_role(campaign, user, read_role(sent.get("role", "")), by, now)
    elif what == "remove":
        (user,) = users_named([sent.get("username", "")], "username")
        remove_member(campaign, user, by, now)
    elif what == "add team":
        role = read_role(sent.get("role", ""))
        put_team_in(campaign, team_named(sent.get("team", "")), role, by, now)
    elif what == "remove team":
        take_team_out(campaign, team_named(sent.get("team", "")), by, now)
    else:
        raise InvalidInputError(f"do: {what!r} is nothing that this page does.", field="do")


def _tell(request: PersonRequest, change: Callable[[], None]) -> None:
    """Do it; what is refused is shown above the page that comes next."""
    try:
        change()
    except SynAnnoError as error:
        messages.error(request, in_words(error))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def teams(request: PersonRequest) -> HttpResponse:
    """The teams, for administrators."""
    check_administrator(request.user)
    form = TeamNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = create_team(form.cleaned_data["name"], request.user)
        except InvalidInputError as error:
            put_error(form, error)
        else:
            return redirect("team", team.pk)
    return render(request, "accounts/teams.html", {"teams": all_teams(), "form": form})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def team(request: PersonRequest, team_id: int) -> HttpResponse:
    """A team, for administrators: who is in it, and in which campaigns it is."""
    check_administrator(request.user)
    shown = get_team(team_id)
    if request.method == "POST":
        _tell(request, lambda: _change_team(request, shown))
        is_left = Team.objects.filter(pk=team_id).exists()
        return redirect("team", team_id) if is_left else redirect("teams")
    context = {
        "team": shown,
        "people": shown.members.order_by("username"),
        "entries": shown.campaign_entries.select_related("campaign").order_by("-campaign"),
    }
    return render(request, "accounts/team.html", context)


def _change_team(request: PersonRequest, shown: Team) -> None:
    """Do what a form of the page asks for. Raises SynAnnoError."""
    by, now, what = request.user, timezone.now(), request.POST.get("do", "")
    if what == "rename":
        rename_team(shown, request.POST.get("name", ""), by)
    elif what == "delete":
        delete_team(shown, by, now)
    elif what in {"add", "remove"}:
        (user,) = users_named([request.POST.get("username", "")], "username")
        (add_to_team if what == "add" else remove_from_team)(shown, user, by, now)
    else:
        raise InvalidInputError(f"do: {what!r} is nothing that this page does.", field="do")
