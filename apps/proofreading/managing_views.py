"""The pages on which campaigns are made and managed. What they do goes through the API."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.domain import AT_REST, TRANSITIONS
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.listing import PageState, audit_of, pages_of, webhooks_of
from apps.campaigns.models import PAGE_SIZES, Campaign, Membership, Page
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, goes_along_neurons
from apps.campaigns.services.campaigns import DEFAULT_CROP
from apps.campaigns.services.neurons import chosen_for, why_no_skeletons
from apps.core.errors import ForbiddenError
from apps.datasets.selectors import latest_tables, unknown_neurons
from apps.proofreading.campaign_serializers import describe_campaign
from apps.proofreading.domain import Redundancy, Rule
from apps.proofreading.gold_tables import describe_report
from apps.proofreading.selectors import discarded_count
from apps.proofreading.selectors.gold import gold_policy_of, gold_report
from apps.proofreading.selectors.marks import missed_in
from apps.proofreading.selectors.neurons import neurons_of
from apps.proofreading.services.policies import describe_policy, make_policy

SECTIONS = {
    "settings": "Settings",
    "instructions": "Instructions",
    "people": "People",
    "pages": "Pages",
    "neurons": "Neurons",
    "gold": "Gold",
    "webhooks": "Webhooks",
    "record": "Record",
}
_ROWS = 50
_MOST_NAMED = 5  # of ids in a sentence
_SIDE = re.compile(r"[1-9]\d{0,4}")
# The word on the button, and what is asked before; what else a campaign can become has no button.
_DEEDS = {
    "draft": ("Cancel", "Its pages are taken away, and it is a draft again. Cancel?"),
    "preparing": ("Start", ""),
    "open": ("Open", ""),
    "paused": ("Pause", ""),
    "closed": ("Close", "Nobody is handed a page any more. Close the campaign?"),
    "archived": ("Archive", "It stays as it is then, for ever. Archive the campaign?"),
}
_ORDERS = {
    "spatial": "neighbours together",
    "table": "as in the table",
    "neuron": "along neurons",
    "random": "at random",
    "priority": "by priority",
    "disputed": "disputed first",
    "effect": "greatest effect first",
}
_RULES = {
    "majority": "majority",
    "weighted": "weighted by accuracy",
    "dawid_skene": "Dawid–Skene",
}
_ADAPTIVE = {"redundancy": Redundancy.ADAPTIVE.value}


@require_safe
@never_cache
@login_required
def new(request: PersonRequest) -> HttpResponse:
    """A form with defaults that fit most campaigns."""
    if not request.user.is_staff:
        raise ForbiddenError("Only staff may open campaigns.")
    values = {
        "name": "",
        "page_size": 12,
        "crop_size": _crop_wanted(request) or list(DEFAULT_CROP),
        "passes": 1,
        "order": "spatial",
        "order_seed": 0,
        "open_pages_cap": 1,
        "policy": {"redundancy": Redundancy.FIXED.value, "rule": Rule.MAJORITY.value},
    }
    context = {
        **_choices(),
        "values": values,
        "adaptive": describe_policy(make_policy(1, _ADAPTIVE)),
        "tables": latest_tables(),
        "is_draft": True,
    }
    return render(request, "campaigns/new.html", context)


def _crop_wanted(request: PersonRequest) -> list[int] | None:
    """The crop with which the wizard of datasets leads here, as `?crop=256,256,6`."""
    sides = request.GET.get("crop", "").split(",")
    if len(sides) != 3 or not all(_SIDE.fullmatch(side) for side in sides):
        return None
    return [int(side) for side in sides]


@require_safe
@never_cache
@login_required
def manage(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """All that a manager sets and does, a section at a time."""
    campaign = campaign_for(request.user, campaign_id, Action.MANAGE)
    section = request.GET.get("show", "settings")
    sections = sections_of(campaign)
    if section not in sections:
        section = "settings"
    now = timezone.now()
    values = describe_campaign(campaign)
    context = {
        **_choices(),
        "campaign": campaign,
        "sections": sections.items(),
        "section": section,
        "section_template": f"campaigns/manage/_{section}.html",
        "values": values,
        "adaptive": _adaptive(values),
        "deeds": _deeds_on(campaign),
        "is_draft": campaign.status == Campaign.Status.DRAFT,
        "is_at_rest": campaign.status in AT_REST,
        "is_archived": campaign.status == Campaign.Status.ARCHIVED,
        **_of_section(section, campaign, request, now),
    }
    return render(request, "campaigns/manage.html", context)


def sections_of(campaign: Campaign) -> dict[str, str]:
    """Neurons are for campaigns that go along some, and for drafts, which may."""
    if campaign.status == Campaign.Status.DRAFT or goes_along_neurons(campaign):
        return SECTIONS
    return {key: title for key, title in SECTIONS.items() if key != "neurons"}


def _choices() -> dict[str, Any]:
    return {
        "page_sizes": PAGE_SIZES,
        "orders": _ORDERS.items(),
        "rules": _RULES.items(),
    }


def _adaptive(values: dict[str, Any]) -> dict[str, Any]:
    """What the fields of an adaptive policy begin with: what it is, or what is usual for one."""
    policy: dict[str, Any] = values["policy"]
    if policy["redundancy"] == Redundancy.ADAPTIVE:
        return policy
    return describe_policy(make_policy(values["passes"], _ADAPTIVE))


def _deeds_on(campaign: Campaign) -> list[dict[str, str]]:
    """The buttons, in the order of a campaign's life."""
    possible = TRANSITIONS[campaign.status] if campaign.cancelled_at is None else frozenset()
    deeds = [
        {"to": to, "word": word, "question": question}
        for to, (word, question) in _DEEDS.items()
        if to in possible
    ]
    for deed in deeds:
        if campaign.status == Campaign.Status.FAILED and deed["to"] == "preparing":
            deed["word"] = "Try again"
        if campaign.status == Campaign.Status.CLOSED and deed["to"] == "open":
            deed["word"] = "Reopen"
        if campaign.status == Campaign.Status.PAUSED and deed["to"] == "open":
            deed["word"] = "Resume"
    return deeds


def _of_section(
    section: str, campaign: Campaign, request: PersonRequest, now: datetime
) -> dict[str, Any]:
    """What only this section shows."""
    part = request.GET.get("part", "1")
    if section == "pages":
        wanted = _page_filter(request)
        pages = pages_of(campaign, wanted, now).order_by("number")
        shown = Paginator(pages, _ROWS).get_page(part)
        return {
            "wanted": wanted,
            "part_query": urlencode({"show": section, **wanted}) + "&",
            "part": shown,
            "rows": [(page, PageState.of(page, now).value) for page in shown],
            "states": [state.value for state in PageState],
            "kinds": Page.Kind.choices,
            "discarded": discarded_count(campaign),
            **_judges(campaign),
        }
    if section == "people":
        people = campaign.memberships.select_related("user").order_by("user__username")
        return _judges(campaign) | {"people": people}
    if section == "neurons":
        return _neurons_in(campaign, request, part)
    if section == "gold":
        told = describe_report(gold_report(campaign))
        return {
            "policy": gold_policy_of(campaign.pk),
            "people": told["people"],
            "part": Paginator(told["items"], _ROWS).get_page(part),
        }
    if section == "record":
        return {"part": Paginator(audit_of(campaign), _ROWS).get_page(part)}
    return {"webhooks": webhooks_of(campaign).order_by("pk")} if section == "webhooks" else {}


def _neurons_in(campaign: Campaign, request: PersonRequest, part: str) -> dict[str, Any]:
    """How far each is; of a draft those that were chosen, for the form that changes them."""
    if campaign.status == Campaign.Status.DRAFT:
        chosen = chosen_for(campaign)
        return {
            "chosen": _texts_of(chosen),
            "unknown": _unknown_of(campaign, chosen),
            "goes_along": chosen is not None and campaign.order == Campaign.Order.NEURON,
            "order": _ORDERS[campaign.order],
            "no_skeletons": why_no_skeletons(campaign.table),
        }
    neurons = neurons_of(campaign, request.user)
    neurons.sort(key=lambda one: not one["failure"])
    return {
        "missed": missed_in(campaign).count(),
        "failed": sum(bool(one["failure"]) for one in neurons),
        "part": Paginator(neurons, _ROWS).get_page(part),
    }


def _unknown_of(campaign: Campaign, choice: NeuronChoice | None) -> str:
    """That the table has no synapses of some that were chosen; empty where it has of all."""
    unknown = unknown_neurons(campaign.table, choice.ids) if choice is not None else []
    if not unknown:
        return ""
    named = ", ".join(map(str, unknown[:_MOST_NAMED]))
    if len(unknown) > _MOST_NAMED:
        named += f" and {len(unknown) - _MOST_NAMED:,} more"
    ids = "this id" if len(unknown) == 1 else "these ids"
    return f"No synapse of the table has {ids}: {named}."


def _texts_of(choice: NeuronChoice | None) -> dict[str, str]:
    """Neurons that were chosen, as the fields of the form have them; empty where none were."""
    if choice is None:
        return {}
    begins = (f"{one} {' '.join(map(_number, place))}" for one, place in choice.roots.items())
    return {
        "ids": "\n".join(map(str, choice.ids)),
        "synapses": choice.synapses,
        "begins": "\n".join(begins),
    }


def _number(value: float) -> str:
    return str(int(value) if value.is_integer() else value)


def _page_filter(request: PersonRequest) -> dict[str, str]:
    """The filters of the address; what is none is left out."""
    wanted = {name: request.GET.get(name, "") for name in ("state", "kind", "person")}
    if wanted["state"] not in list(PageState):
        wanted["state"] = ""
    if wanted["kind"] not in Page.Kind.values:
        wanted["kind"] = ""
    return {name: value for name, value in wanted.items() if value}


def _judges(campaign: Campaign) -> dict[str, list[str]]:
    """The names of those who judge pages, as `judges`; as `people` also of those whose accounts
    are closed: what they did is looked for, but nothing is given to them."""
    judging = campaign.memberships.exclude(role=Membership.Role.VIEWER).order_by("user__username")
    rows = list(judging.values_list("user__username", "user__is_active"))
    return {
        "judges": [name for name, is_active in rows if is_active],
        "people": [name for name, _ in rows],
    }
