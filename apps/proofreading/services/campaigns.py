"""Open, start, change and clone campaigns, with their people, categories and policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import ONE_PASS, Assignment
from apps.campaigns.domain.neurons import NeuronChoice, without_neurons
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.audit import record
from apps.campaigns.services.campaigns import (
    DEFAULT_CROP,
    add_members,
    check_deadline,
    create_campaign,
)
from apps.campaigns.services.changing import (
    assignment_of,
    change_columns,
    check_draft,
)
from apps.campaigns.services.choosing import change_neurons
from apps.campaigns.services.life import change_status, lock_campaign
from apps.campaigns.services.neurons import choice_of
from apps.campaigns.services.pictures import copy_pictures
from apps.campaigns.services.teams import put_team_in
from apps.datasets.domain.selection import EVERYTHING, Selection
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import (
    CANNOT_JUDGE,
    CANNOT_JUDGE_TITLE,
    STANDARD_CATEGORIES,
    Policy,
)
from apps.proofreading.models import ErrorCategory, GoldAnswer, GoldPolicy
from apps.proofreading.selectors.quality import policy_of
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.policies import changed_policy, describe_policy, save_policy
from apps.proofreading.services.versions import (
    write_first_version,
    write_new_version,
    write_version_if_changed,
)
from apps.voxels.geometry import Point

_SHOWN = frozenset({"instructions", "crop_size"})  # a change of these makes a new version
_APART = frozenset({"policy", "neurons"})  # not columns of the campaign
_LONG = frozenset({"instructions"})  # the versions keep them; the record only says that


@transaction.atomic
def open_campaign(
    name: str,
    table: SynapseTable,
    members: Mapping[User, Membership.Role],
    *,
    selection: Selection = EVERYTHING,
    page_size: int = 12,
    crop: Point = DEFAULT_CROP,
    instructions: str = "",
    assignment: Assignment = ONE_PASS,
    neurons: NeuronChoice | None = None,
    policy: Policy | None = None,
    categories: Sequence[tuple[str, str]] = STANDARD_CATEGORIES,
    created_by: User | None = None,
    as_draft: bool = False,
) -> Campaign:
    """Create a campaign with its members and error categories; a job prepares it.

    `categories` are keys and titles, by default SynAnno's; one for what cannot be judged is added.
    `selection` says which instances of the table; where there are none nothing is created. `crop`
    is in voxels of the cleft volume. With `neurons` it goes along these and is of their synapses
    alone. Without a `policy` the majority of the passes decides. A draft waits to be started.
    Raises InvalidInputError naming the field.
    """
    now = timezone.now()
    check_deadline(assignment.deadline, now)
    campaign = create_campaign(
        name,
        table,
        selection=selection,
        page_size=page_size,
        crop=crop,
        instructions=instructions,
        assignment=assignment,
        neurons=neurons,
        created_by=created_by,
        as_draft=as_draft,
    )
    add_members(campaign, members)
    ErrorCategory.objects.bulk_create(
        ErrorCategory(campaign=campaign, key=key, title=title, position=position)
        for position, (key, title) in enumerate(_with_built_in(categories))
    )
    if policy is not None:
        save_policy(campaign, policy)
    if not as_draft:
        write_first_version(campaign, created_by, now)
    people = {user.username: role for user, role in members.items()}
    details = {"status": campaign.status, "people": people}
    record(campaign, created_by, "campaign_created", details, now)
    return campaign


def _with_built_in(categories: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    others = [(key, title) for key, title in categories if key != CANNOT_JUDGE]
    return [*others, (CANNOT_JUDGE, CANNOT_JUDGE_TITLE)]


@transaction.atomic
def start_campaign(campaign: Campaign, by: User | None, now: datetime) -> Campaign:
    """Prepare a draft, or one whose preparation failed, and open it; a job does that.

    Raises InvalidInputError where its deadline has passed.
    """
    campaign = change_status(campaign, Campaign.Status.PREPARING, by, now)
    check_deadline(campaign.deadline, now)
    write_first_version(campaign, by, now)
    return campaign


@transaction.atomic
def move_campaign(campaign: Campaign, to: str, by: User | None, now: datetime) -> Campaign:
    """Make the campaign what a manager asks for, starting it where that is needed. Who is shown an
    open one is shown what its version says."""
    if to == Campaign.Status.PREPARING:
        return start_campaign(campaign, by, now)
    campaign = change_status(campaign, to, by, now)
    if to == Campaign.Status.OPEN:
        write_version_if_changed(campaign, by, now)
    return campaign


@transaction.atomic
def change_campaign(
    campaign: Campaign, changes: Mapping[str, Any], by: User, now: datetime
) -> Campaign:
    """Change settings, by their names in the API; `policy` holds those of the settling, `neurons`
    those along which a draft is to go, or None.

    What people are told and shown gets a new version once anybody may have seen the former one.
    Raises NotNowError where a setting is fixed by now, and InvalidInputError naming the field.
    """
    campaign = lock_campaign(campaign.pk)
    columns = {name: value for name, value in changes.items() if name not in _APART}
    former_policy = policy_of(campaign.pk)
    former = change_columns(campaign, columns)
    if "deadline" in former:
        check_deadline(campaign.deadline, now)
    changed: dict[str, Any] = {
        name: {"from": _plain(value), "to": _plain(columns[name])}
        for name, value in former.items()
        if name not in _LONG
    }
    if "policy" in changes or "passes" in former:
        chosen = changes.get("policy", {})
        changed |= _change_policy(campaign, former_policy.policy, chosen)
    if "neurons" in changes:
        changed |= change_neurons(campaign, changes["neurons"])
    if not former and not changed:
        return campaign
    if _SHOWN & former.keys():
        changed["version"] = write_new_version(campaign, by, now)
    details = {"changed": sorted({*former, *changed} - {"version"}), **changed}
    record(campaign, by, "settings_changed", details, now)
    return campaign


def _change_policy(campaign: Campaign, former: Policy, chosen: Mapping[str, Any]) -> dict[str, Any]:
    policy = changed_policy(former, campaign.passes, chosen)
    if policy == former:
        return {}
    check_draft(campaign, "policy")
    save_policy(campaign, policy)
    return {"policy": {"from": describe_policy(former), "to": describe_policy(policy)}}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@transaction.atomic
def clone_campaign(campaign: Campaign, name: str, by: User, now: datetime) -> Campaign:
    """A draft with the settings, categories, pictures, gold, people and teams of a campaign.

    Who came through a team comes through it again. A deadline that has passed is left out. Who
    clones it is a manager of the clone. Raises InvalidInputError where the name is taken.
    """
    roles = {one.user: Membership.Role(one.role) for one in _own_members(campaign)}
    assignment = assignment_of(campaign)
    if assignment.deadline is not None and assignment.deadline <= now:
        assignment = replace(assignment, deadline=None)
    neurons, selection = choice_of(campaign), selection_of(campaign.pk)
    clone = open_campaign(
        name,
        campaign.table,
        roles | {by: Membership.Role.MANAGER},
        selection=selection if neurons is None else without_neurons(selection),
        page_size=campaign.page_size,
        crop=campaign.crop,
        instructions=campaign.instructions,
        assignment=assignment,
        neurons=neurons,
        policy=policy_of(campaign.pk).policy,
        categories=[
            (category.key, category.title)
            for category in campaign.error_categories.filter(retired_at__isnull=True)
        ],
        created_by=by,
        as_draft=True,
    )
    for entry in campaign.team_entries.select_related("team").order_by("team"):
        put_team_in(clone, entry.team, Membership.Role(entry.role), by, now)
    copy_pictures(campaign, clone)
    answers = _gold_of(campaign)
    if answers:
        add_gold(clone, answers, by, now)
    gold = GoldPolicy.objects.filter(campaign=campaign).first()
    if gold is not None:
        gold.pk = clone.pk
        gold.save(force_insert=True)
    record(clone, by, "campaign_cloned", {"from": campaign.pk}, now)
    return clone


def _own_members(campaign: Campaign) -> list[Membership]:
    """Those who came through no team."""
    members = campaign.memberships.filter(team__isnull=True)
    return list(members.select_related("user").order_by("pk"))


def _gold_of(campaign: Campaign) -> list[NewGold]:
    answers = GoldAnswer.objects.filter(item__campaign=campaign).select_related("item__instance")
    return [
        NewGold(f"item {one.item_id}", one.item.instance.source_id, one.label, one.explanation)
        for one in answers.order_by("item__position")
    ]
