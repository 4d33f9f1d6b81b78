"""Why a person was handed a page, and why none: one word each, for programs and people."""

from __future__ import annotations

from enum import StrEnum


class WhyPage(StrEnum):
    """Why this page."""

    HELD = "held"
    ASSIGNED = "assigned"
    TRAINING = "training"
    ADJUDICATION = "adjudication"
    FOLLOW_UP = "follow_up"
    NEXT_IN_ORDER = "next_in_order"


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
    ALL_VISITED = "all_visited"  # what is free this person has judged or skipped
    HELD_BY_OTHERS = "held_by_others"


SENTENCES: dict[WhyPage | WhyNone, str] = {
    WhyPage.HELD: "You hold this page already.",
    WhyPage.ASSIGNED: "A manager gave you this page.",
    WhyPage.TRAINING: "This page is part of the training.",
    WhyPage.ADJUDICATION: "Annotators do not agree on these instances.",
    WhyPage.FOLLOW_UP: "These instances need another vote.",
    WhyPage.NEXT_IN_ORDER: "It is the next page in the order of the campaign.",
    WhyNone.CAMPAIGN_NOT_OPEN: "The campaign is not open yet.",
    WhyNone.CAMPAIGN_PAUSED: "The campaign is paused.",
    WhyNone.CAMPAIGN_CLOSED: "The campaign is closed.",
    WhyNone.DEADLINE_PASSED: "The deadline of the campaign has passed.",
    WhyNone.PERSON_PAUSED: "A manager has paused you in this campaign.",
    WhyNone.VIEWER: "Viewers look on and are handed no pages.",
    WhyNone.NOT_QUALIFIED: "Your training has not been passed, and no training page is left.",
    WhyNone.TOO_MANY_OPEN: "You hold as many pages as this campaign allows; submit one first.",
    WhyNone.ALL_DONE: "Every page is done.",
    WhyNone.ALL_VISITED: "You have seen everything that is left; others must judge it.",
    WhyNone.HELD_BY_OTHERS: "Other people hold what is left.",
}
