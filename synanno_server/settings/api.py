"""How the API describes itself (OpenAPI, made from the code by drf-spectacular)."""

from __future__ import annotations

from typing import Any

ABOUT = """\
Everything that the web pages do can be done here.

**Login.** Programs send `Authorization: Token …` with a token that a person made on the page
*Tokens*; browsers use the session of the login, with Django's CSRF token.

**Errors** have one shape, `{"error": {"code", "sentence", "field"}}`: a word for programs, a
sentence for people, and the input that is at fault where there is one. 401: log in; 403: your role
may not; 404: there is no such thing, or not for you; 409: it has changed in the meantime; 429:
too many requests, `Retry-After` says when to go on.

**Lists** come in parts: `results`, and `next`, the address of the following part, or null.
`limit` says how long a part is.
"""

API_DESCRIPTION: dict[str, Any] = {
    "TITLE": "SynAnno Server",
    "DESCRIPTION": ABOUT,
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Role": "apps.campaigns.models.Membership.Role",
        "SecretKind": "apps.datasets.models.Secret.Kind",
        "SkeletonKind": "apps.datasets.models.SkeletonSource.Kind",
        "CampaignStatus": "apps.campaigns.models.Campaign.Status",
        "FillingMethod": "apps.revision.api.drawing_serializers.METHODS",
        "ProposalStatus": "apps.revision.api.drawing_serializers.STATUSES",
        "SliceOrigin": "apps.revision.api.drawing_serializers.ORIGINS",
        "InstanceOrigin": ["table", "added"],
        "KeptOrLeftOut": ["keep", "leave-out"],
        "DeliveryKind": ["synapses", "verdicts", "categories"],
        "DeliveryState": "apps.cave_sync.models.Delivery.State",
        "OutboxState": "apps.cave_sync.models.OutboxRow.State",
        "SyncStage": "apps.cave_sync.models.SyncRun.Stage",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.schema.describe_errors",
    ],
}
