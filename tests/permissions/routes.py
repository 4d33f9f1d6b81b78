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
STAFF_ALONE = "the one of the staff who named it"
ANNOTATOR_OR_MANAGER = "the annotator, whose it is, or a manager"
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
    # people
    Route("welcome", "GET", ALL, {"uidb64": "MQ", "token": "used-up"}),
    Route("welcome", "POST", ALL, {"uidb64": "MQ", "token": "used-up"}),
    Route("people", "GET", ADMINISTRATORS),
    Route("people", "POST", ADMINISTRATORS),
    Route("person-change", "POST", ADMINISTRATORS),
    Route("api-people", "GET", ADMINISTRATORS),
    Route("api-people", "POST", ADMINISTRATORS),
    Route("api-person", "GET", ADMINISTRATORS),
    Route("api-person", "PATCH", ADMINISTRATORS),
    Route("api-invitation", "POST", ADMINISTRATORS),
    Route("teams", "GET", ADMINISTRATORS),
    Route("teams", "POST", ADMINISTRATORS),
    Route("team", "GET", ADMINISTRATORS),
    Route("team", "POST", ADMINISTRATORS),
    Route("api-teams", "GET", ADMINISTRATORS),
    Route("api-teams", "POST", ADMINISTRATORS),
    Route("api-team", "GET", ADMINISTRATORS),
    Route("api-team", "PATCH", ADMINISTRATORS),
    Route("api-team", "DELETE", ADMINISTRATORS),
    Route("api-team-people", "GET", ADMINISTRATORS),
    Route("api-team-people", "POST", ADMINISTRATORS),
    Route("api-team-person", "DELETE", ADMINISTRATORS),
    # members of a campaign
    Route("campaign-people", "GET", Action.MANAGE),
    Route("campaign-people", "POST", Action.MANAGE),
    Route("api-members", "GET", Action.MANAGE),
    Route("api-members", "POST", Action.MANAGE),
    Route("api-invite-member", "POST", Action.MANAGE),
    Route("api-member", "PATCH", Action.MANAGE),
    Route("api-member", "DELETE", Action.MANAGE),
    Route("api-team-entries", "GET", Action.MANAGE),
    Route("api-team-entries", "POST", Action.MANAGE),
    Route("api-team-entry", "DELETE", Action.MANAGE),
    # tokens
    Route("tokens", "GET", LOGGED_IN),
    Route("tokens", "POST", LOGGED_IN),
    Route("token-revoke", "POST", ANNOTATOR_ALONE),
    Route("api-tokens", "GET", LOGGED_IN),
    Route("api-tokens", "POST", LOGGED_IN),
    Route("api-token", "DELETE", ANNOTATOR_ALONE),
    Route("api-my-settings", "GET", LOGGED_IN),
    Route("api-my-settings", "PATCH", LOGGED_IN, body={"keys": {}}),
    # campaigns
    Route("my-campaigns", "GET", LOGGED_IN),
    Route("campaigns", "GET", LOGGED_IN),
    Route("campaigns", "POST", STAFF),
    Route("api-tables", "GET", STAFF),
    Route("api-secrets", "GET", STAFF),
    Route("api-secrets", "POST", STAFF),
    Route("api-secret", "PUT", STAFF),
    Route("api-secret", "DELETE", STAFF),
    Route("campaigns-count", "POST", STAFF),
    Route("campaign-progress", "GET", Action.SEE),
    Route("campaign-new", "GET", STAFF),
    Route("campaign-manage", "GET", Action.MANAGE),
    Route("campaign", "GET", Action.SEE),
    Route("campaign", "PATCH", Action.MANAGE),
    Route("campaign-status", "POST", Action.MANAGE),
    Route("campaign-clone", "POST", STAFF),
    Route("campaign-categories", "POST", Action.MANAGE),
    Route("campaign-category", "PATCH", Action.MANAGE, {"key": "badFit"}),
    Route("campaign-pictures", "GET", Action.SEE),
    Route("campaign-pictures", "POST", Action.MANAGE),
    Route("campaign-picture", "GET", Action.SEE),
    Route("picture-remove", "DELETE", Action.MANAGE),
    Route("campaign-pages", "GET", Action.MANAGE),
    Route("pages-reserve", "POST", Action.MANAGE),
    Route("page-take-back", "POST", Action.MANAGE, {"number": 1}),
    Route("page-reopen", "POST", Action.MANAGE, {"number": 2}),
    Route("person-pause", "POST", Action.MANAGE),
    Route("person-resume", "POST", Action.MANAGE),
    Route("person-transfer", "POST", Action.MANAGE),
    Route("campaign-audit", "GET", Action.SEE_AUDIT),
    Route("campaign-versions", "GET", Action.SEE_AUDIT),
    Route("campaign-webhooks", "GET", Action.MANAGE),
    Route("campaign-webhooks", "POST", Action.MANAGE),
    Route("campaign-webhook", "GET", Action.MANAGE),
    Route("campaign-webhook", "DELETE", Action.MANAGE),
    Route("campaign-export", "GET", Action.EXPORT),
    Route("api-campaign-export", "GET", Action.EXPORT),
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
    Route("api-my-figures", "GET", Action.SEE_OWN_FIGURES),
    Route("campaign-errors", "GET", Action.SEE_OWN_FIGURES),
    Route("api-my-errors", "GET", Action.SEE_OWN_FIGURES),
    Route("api-discard", "POST", Action.JUDGE),
    Route("api-discard-undo", "POST", Action.JUDGE),
    Route("lease-skip", "POST", ANNOTATOR_ALONE),
    Route("campaign-gold", "GET", Action.SEE_RESULTS),
    Route("campaign-gold-file", "GET", Action.SEE_RESULTS, {"table": "people"}),
    Route("campaign-priorities", "POST", Action.MANAGE),
    Route("campaign-neurons", "GET", Action.SEE),
    Route("campaign-neuron", "GET", Action.SEE),
    Route("campaign-missed", "GET", Action.EXPORT),
    Route("campaign-missed-file", "GET", Action.EXPORT),
    Route("lease-marks", "GET", ANNOTATOR_ALONE),
    Route("lease-marks", "POST", ANNOTATOR_ALONE),
    Route("campaign-gold", "POST", Action.MANAGE),
    Route("campaign-gold-policy", "GET", Action.MANAGE),
    Route("campaign-gold-policy", "PATCH", Action.MANAGE),
    Route("lease-neuroglancer", "GET", ANNOTATOR_ALONE),
    Route("lease-details", "GET", ANNOTATOR_ALONE),
    Route("campaign-neuroglancer", "GET", Action.SEE_RESULTS),
    # revision
    Route("campaign-revise", "GET", Action.REVISE),
    Route("missed-synapses", "GET", Action.REVISE),
    Route("additions", "GET", Action.REVISE),
    Route("additions", "POST", Action.REVISE),
    Route("additions-near", "POST", Action.REVISE),
    Route("additions-around", "POST", Action.REVISE),
    Route("additions-neuroglancer", "GET", Action.REVISE),
    Route("addition-withdraw", "POST", ANNOTATOR_OR_MANAGER),
    Route("additions-marks", "GET", Action.REVISE),
    Route("mark-dismiss", "POST", Action.REVISE),
    Route("mark-reopen", "POST", Action.REVISE),
    Route("campaign-mending", "GET", Action.MANAGE),
    Route("campaign-outcomes", "GET", Action.SEE_RESULTS),
    Route("campaign-revisions", "GET", Action.MANAGE),
    Route("revision-settings", "GET", Action.MANAGE),
    Route("revision-settings", "PUT", Action.MANAGE),
    Route("revision-reopen", "POST", Action.MANAGE),
    Route("revision-withdraw", "POST", Action.MANAGE),
    Route("revision-lease", "POST", Action.REVISE),
    Route("revision-renew", "POST", ANNOTATOR_ALONE),
    Route("revision-finish", "POST", ANNOTATOR_ALONE, body={"decision": "fine"}),
    Route("revision-release", "POST", ANNOTATOR_ALONE),
    Route("revision-neuroglancer", "GET", ANNOTATOR_ALONE),
    Route("revision-details", "GET", ANNOTATOR_ALONE),
    Route("revision-easel", "GET", ANNOTATOR_ALONE),
    Route("revision-picture", "GET", ANNOTATOR_ALONE),
    Route("revision-slices", "POST", ANNOTATOR_ALONE),
    Route("revision-versions", "GET", ANNOTATOR_ALONE),
    Route("revision-restore", "POST", ANNOTATOR_ALONE),
    Route("revision-markers", "GET", ANNOTATOR_ALONE),
    Route("revision-markers", "POST", ANNOTATOR_ALONE),
    Route("revision-swap", "POST", ANNOTATOR_ALONE),
    Route("revision-reset", "POST", ANNOTATOR_ALONE),
    Route("revision-proposals", "GET", ANNOTATOR_ALONE),
    Route("revision-proposals", "POST", ANNOTATOR_ALONE),
    Route("revision-proposal-cancel", "POST", ANNOTATOR_ALONE),
    Route("revision-proposal-decide", "POST", ANNOTATOR_ALONE, body={"slices": []}),
    # datasets
    Route("datasets", "GET", STAFF),
    Route("dataset-plan", "GET", STAFF),
    Route("table-refused", "GET", STAFF),
    Route("table-neuroglancer", "GET", STAFF),
    Route("api-dataset-plans", "GET", STAFF),
    Route("api-dataset-plans", "POST", STAFF),
    Route("api-dataset-plan", "GET", STAFF),
    Route("api-dataset-plan", "PATCH", STAFF),
    Route("api-dataset-plan", "DELETE", STAFF),
    Route("plan-file", "POST", STAFF),
    Route("plan-file", "DELETE", STAFF),
    Route("plan-preview", "GET", STAFF),
    Route("plan-preview", "POST", STAFF),
    Route("plan-preview-tiles", "GET", STAFF),
    Route("plan-preview-stacks", "GET", STAFF),
    Route("plan-neuroglancer", "GET", STAFF),
    Route("plan-save", "POST", STAFF),
    Route("plan-cancel", "POST", STAFF),
    Route("plan-refused", "GET", STAFF),
    # volumes as a whole
    Route("neuroglancer", "GET", LOGGED_IN),
    Route("volume-file", "GET", Action.SEE, {"name": "info"}),
    Route("skeleton-info", "GET", Action.SEE),
    Route("skeleton", "GET", Action.SEE),
    Route("dataset-skeletons", "GET", Action.MANAGE),
    Route("dataset-skeletons", "PUT", Action.MANAGE),
    Route("dataset-skeletons", "DELETE", Action.MANAGE),
    Route("dataset-skeleton-files", "POST", Action.MANAGE),
    Route("dataset-skeleton-try", "POST", Action.MANAGE),
    Route("dataset-skeletons-page", "GET", Action.MANAGE),
    Route("volume-preview-file", "GET", STAFF_ALONE, {"name": "info"}),
    # evaluation
    Route("campaign-dashboard", "GET", Action.SEE_RESULTS),
    Route("evaluation-panel", "GET", Action.SEE_RESULTS, {"panel": "agreement"}),
    Route("evaluation-file", "GET", Action.SEE_RESULTS, {"panel": "agreement"}),
    Route("evaluation-panel", "GET", OWN_OR_ALL_FIGURES, {"panel": "annotators"}),
    Route("evaluation-file", "GET", OWN_OR_ALL_FIGURES, {"panel": "annotators"}),
)
