"""Every address of the server, and who may do what there. A new route needs a row.

A row names a route, a method, and who is let in: those who may do an `Action`, or one of several,
in the campaign of the address, or one of the words below. What the others get follows from that:
members in another role 403, outsiders 404 (they do not learn what exists), nobody logged in 401
from the API and the login page from a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.campaigns.permissions import Action

ALL = "all"  # logged in or not
LOGGED_IN = "logged in"
STAFF = "staff"  # who may open campaigns: administrators and those whom they allow it
ADMINISTRATORS = "administrators"
ANNOTATOR_ALONE = "the annotator alone"  # what belongs to that person; others learn nothing of it

OWN_OR_ALL_FIGURES = (Action.SEE_RESULTS, Action.SEE_OWN_FIGURES)


@dataclass(frozen=True)
class Route:
    """`arguments` replace those of the world, where an address wants others."""

    name: str
    method: str
    who: Action | tuple[Action, ...] | str
    arguments: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


ROUTES: tuple[Route, ...] = (
    Route("health", "GET", ALL),
    Route("login", "GET", ALL),
    Route("login", "POST", ALL),
    Route("logout", "POST", ALL),
    Route("password_change", "GET", LOGGED_IN),
    Route("password_change", "POST", LOGGED_IN),
    Route("password_change_done", "GET", LOGGED_IN),
    Route("api-page", "GET", LOGGED_IN),
    Route("api-schema", "GET", LOGGED_IN),
    # tokens
    Route("tokens", "GET", LOGGED_IN),
    Route("tokens", "POST", LOGGED_IN),
    Route("token-revoke", "POST", ANNOTATOR_ALONE),
    Route("api-tokens", "GET", LOGGED_IN),
    Route("api-tokens", "POST", LOGGED_IN),
    Route("api-token", "DELETE", ANNOTATOR_ALONE),
    # campaigns
    Route("my-campaigns", "GET", LOGGED_IN),
    Route("campaigns", "POST", STAFF),
    Route("campaign-progress", "GET", Action.SEE),
    Route("campaign-export", "GET", Action.EXPORT),
    # proofreading
    Route("campaign-work", "GET", Action.JUDGE),
    Route("campaign-finished", "GET", Action.SEE_OWN_FIGURES),
    Route("campaign-lease", "POST", Action.JUDGE),
    Route("lease-tiles", "GET", ANNOTATOR_ALONE),
    Route("lease-stacks", "GET", ANNOTATOR_ALONE),
    Route("lease-verdicts", "POST", ANNOTATOR_ALONE),
    Route("lease-renew", "POST", ANNOTATOR_ALONE),
    Route("lease-submit", "POST", ANNOTATOR_ALONE),
    Route("lease-page", "GET", ANNOTATOR_ALONE),
    Route("lease-revise", "POST", ANNOTATOR_ALONE),
    Route("my-pages", "GET", Action.SEE_OWN_FIGURES),
    Route("api-my-pages", "GET", Action.SEE_OWN_FIGURES),
    Route("lease-skip", "POST", ANNOTATOR_ALONE),
    Route("campaign-gold", "GET", Action.SEE_RESULTS),
    Route("campaign-gold", "POST", Action.MANAGE),
    # evaluation
    Route("campaign-dashboard", "GET", Action.SEE_RESULTS),
    Route("evaluation-panel", "GET", Action.SEE_RESULTS, {"panel": "agreement"}),
    Route("evaluation-file", "GET", Action.SEE_RESULTS, {"panel": "agreement"}),
    Route("evaluation-panel", "GET", OWN_OR_ALL_FIGURES, {"panel": "annotators"}),
    Route("evaluation-file", "GET", OWN_OR_ALL_FIGURES, {"panel": "annotators"}),
)
