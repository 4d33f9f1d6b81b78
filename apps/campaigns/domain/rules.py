"""Rules of campaigns: what may become of one, how long a page is held, and why a person was handed
a page or none, one word each for programs and people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_OPEN_PAGES = 20
MOST_PUT_ASIDE = 5

# What a manager may make of a campaign. A preparation ends by itself, as open or failed, unless it
# is cancelled.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"preparing", "archived"}),
    "preparing": frozenset({"draft"}),
    "failed": frozenset({"preparing", "archived"}),
    "open": frozenset({"paused", "closed"}),
    "paused": frozenset({"open", "closed"}),
    "closed": frozenset({"open", "archived"}),
    "archived": frozenset(),
}
# Where nobody is handed a page, so that what people see can change between two pages and never
# on one that is just asked for.
AT_REST = frozenset({"draft", "failed", "paused"})

FEWEST_PAGE_TIMES = 20
SHORTEST_LEASE_S, LONGEST_LEASE_S = 5 * 60, 60 * 60


@dataclass(frozen=True)
class Assignment:
    """How the pages of a campaign are made and handed out; the columns of the same names."""

    passes: int = 1
    order: str = "table"
    order_seed: int = 0
    open_pages_cap: int = 1
    deadline: datetime | None = None
    needs_training: bool = False


ONE_PASS = Assignment()


def is_finished(status: str, pages_done: int, pages_total: int) -> bool:
    """Whether an open campaign has nothing left to do."""
    return status == "open" and pages_done == pages_total


def why_not_become(status: str, to: str) -> str | None:
    """A sentence where a campaign of this status cannot be made into `to`; else None."""
    if to not in TRANSITIONS:
        return f"{to!r} is no status; use one of {', '.join(TRANSITIONS)}."
    if to in TRANSITIONS[status]:
        return None
    if status == "preparing":
        return "The campaign is being prepared; wait until it is open or has failed, or cancel it."
    if status == "archived":
        return "The campaign is archived, and stays as it is."
    allowed = " or ".join(sorted(TRANSITIONS[status]))
    return f"The campaign is {status}; from there it can become {allowed}, not {to}."


def learned_lease_s(page_times_s: Sequence[float]) -> int | None:
    """How long to hold a page: three times what all but the slowest twentieth of pages took,
    between 5 and 60 minutes. None while too few pages were done to tell."""
    if len(page_times_s) < FEWEST_PAGE_TIMES:
        return None
    ordered = sorted(page_times_s)
    percentile_95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return min(max(math.ceil(3 * percentile_95), SHORTEST_LEASE_S), LONGEST_LEASE_S)


class WhyPage(StrEnum):
    """Why this page."""

    HELD = "held"
    ASSIGNED = "assigned"
    TRAINING = "training"
    ADJUDICATION = "adjudication"
    FOLLOW_UP = "follow_up"
    NEXT_IN_ORDER = "next_in_order"
    NEXT_IN_WALK = "next_in_walk"
    PUT_ASIDE = "put_aside"
    CHOSEN = "chosen"


class WhyNone(StrEnum):
    """Why no page."""

    CAMPAIGN_NOT_OPEN = "campaign_not_open"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_CLOSED = "campaign_closed"
    DEADLINE_PASSED = "deadline_passed"
    PERSON_PAUSED = "person_paused"
    VIEWER = "viewer"
    NOT_QUALIFIED = "not_qualified"
    TOO_MANY_OPEN = "too_many_open"
    ALL_DONE = "all_done"
    LEFT_TO_EXPERTS = "left_to_experts"
    ALL_VISITED = "all_visited"  # what is free has been judged or skipped, or is before them
    HELD_BY_OTHERS = "held_by_others"  # or kept for them
    SECTION_NOT_FREE = "section_not_free"
    AT_WORK_ELSEWHERE = "at_work_elsewhere"
    TOO_MANY_ASIDE = "too_many_aside"


SENTENCES: dict[WhyPage | WhyNone, str] = {
    WhyPage.HELD: "You hold this page already.",
    WhyPage.ASSIGNED: "A manager gave you this page.",
    WhyPage.TRAINING: "This page is part of the training.",
    WhyPage.ADJUDICATION: "Annotators do not agree on these instances.",
    WhyPage.FOLLOW_UP: "These instances need another vote.",
    WhyPage.NEXT_IN_ORDER: "It is the next page in the order of the campaign.",
    WhyPage.NEXT_IN_WALK: "It is the next page along the neuron.",
    WhyPage.PUT_ASIDE: "You had put this page aside; what you said of it is here.",
    WhyPage.CHOSEN: "You chose this section.",
    WhyNone.CAMPAIGN_NOT_OPEN: "The campaign is not open yet.",
    WhyNone.CAMPAIGN_PAUSED: "The campaign is paused.",
    WhyNone.CAMPAIGN_CLOSED: "The campaign is closed.",
    WhyNone.DEADLINE_PASSED: "The deadline of the campaign has passed.",
    WhyNone.PERSON_PAUSED: "A manager has paused you in this campaign.",
    WhyNone.VIEWER: "Viewers look on and are handed no pages.",
    WhyNone.NOT_QUALIFIED: "Your training has not been passed, and no training page is left.",
    WhyNone.TOO_MANY_OPEN: "You hold as many pages as this campaign allows; submit one first.",
    WhyNone.ALL_DONE: "Every page is done.",
    WhyNone.LEFT_TO_EXPERTS: "Only pages for experts are left; everything else is done.",
    WhyNone.ALL_VISITED: "You have seen everything that is left; others must judge it.",
    WhyNone.HELD_BY_OTHERS: "Other people hold what is left, or it is kept for them.",
    WhyNone.SECTION_NOT_FREE: "Nothing of this section is free for you: it is done, you have seen "
    "what is left, or others hold it.",
    WhyNone.AT_WORK_ELSEWHERE: "You are at work on a page of the training, on one that is of no "
    "section, or in another window: submit or skip it first, then you can go there.",
    WhyNone.TOO_MANY_ASIDE: f"You have put {MOST_PUT_ASIDE} pages aside, as many as one may. "
    "Submit one of them first: go back to its section; then you can go there.",
}
