"""Who may do what in a campaign: the one table. `selectors.campaign_for` holds people to it.

docs/permissions.md shows it to people; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from apps.campaigns.models import Membership

Role = Membership.Role


class Action(StrEnum):
    """What people do in a campaign."""

    SEE = "see"  # that it is there, its instructions, how far it is
    JUDGE = "judge"  # take pages, label, skip, submit, undo
    SEE_OWN_FIGURES = "see_own_figures"
    REVISE = "revise"  # mend masks and points, add what was missed
    ADJUDICATE = "adjudicate"  # judge what is disputed
    SEE_RESULTS = "see_results"  # results, the dashboard, figures of all people
    EXPORT = "export"
    SEE_AUDIT = "see_audit"
    MANAGE = "manage"  # its life, people, pages, settings


_EVERYBODY = frozenset(Role)
_JUDGES = frozenset({Role.ANNOTATOR, Role.EXPERT, Role.MANAGER})
_MANAGERS = frozenset({Role.MANAGER})

ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.SEE: _EVERYBODY,
    Action.JUDGE: _JUDGES,
    Action.SEE_OWN_FIGURES: _JUDGES,
    Action.REVISE: _JUDGES,
    Action.ADJUDICATE: frozenset({Role.EXPERT}),
    Action.SEE_RESULTS: frozenset({Role.MANAGER, Role.VIEWER}),
    Action.EXPORT: _MANAGERS,
    Action.SEE_AUDIT: _MANAGERS,
    Action.MANAGE: _MANAGERS,
}

# Administrators of the server run every campaign. They judge and revise only where they are
# members: a verdict is given, and a mask drawn, by somebody who was let into the campaign.
ADMINISTRATORS_MAY = frozenset(Action) - {
    Action.JUDGE,
    Action.SEE_OWN_FIGURES,
    Action.REVISE,
    Action.ADJUDICATE,
}


def is_allowed(action: Action, role: Role | None, *, is_administrator: bool) -> bool:
    """Whether somebody in this role (None: no member) may do it."""
    if is_administrator and action in ADMINISTRATORS_MAY:
        return True
    return role is not None and role in ALLOWED[action]


def who_may(action: Action) -> str:
    """Those who may do it, for a sentence: "a manager or a viewer"."""
    names = [f"{_article(role)} {role}" for role in Role if role in ALLOWED[action]]
    return " or ".join(names)


def _article(role: Role) -> str:
    return "an" if role.value[0] in "aeiou" else "a"
