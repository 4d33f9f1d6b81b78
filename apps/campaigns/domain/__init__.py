"""Rules of campaigns. How a neuron's walk is laid out on sheets is in `walks`, which needs numpy:
the web process does without."""

from apps.campaigns.domain.rules import (
    AT_REST,
    FEWEST_PAGE_TIMES,
    LONGEST_LEASE_S,
    MOST_OPEN_PAGES,
    MOST_PUT_ASIDE,
    ONE_PASS,
    SENTENCES,
    SHORTEST_LEASE_S,
    TRANSITIONS,
    Assignment,
    WhyNone,
    WhyPage,
    is_finished,
    learned_lease_s,
    why_not_become,
)

__all__ = [
    "AT_REST",
    "FEWEST_PAGE_TIMES",
    "LONGEST_LEASE_S",
    "MOST_OPEN_PAGES",
    "MOST_PUT_ASIDE",
    "ONE_PASS",
    "SENTENCES",
    "SHORTEST_LEASE_S",
    "TRANSITIONS",
    "Assignment",
    "WhyNone",
    "WhyPage",
    "is_finished",
    "learned_lease_s",
    "why_not_become",
]
