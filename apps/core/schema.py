"""How the OpenAPI description is made where the code alone does not say it."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes

ERROR: dict[str, Any] = {
    "type": "object",
    "description": "Why not: a word for programs, a sentence for people, the input at fault.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "sentence": {"type": "string"},
                "field": {"type": "string", "nullable": True},
                "request_id": {
                    "type": "string",
                    "description": "Where the server failed (500): what its log calls the request.",
                },
            },
            "required": ["code", "sentence", "field"],
        }
    },
    "required": ["error"],
}


class Schema(AutoSchema):
    """Operations are named after their addresses, so no two names collide. A view without a
    serializer answers with an object that its text describes."""

    def get_operation_id(self) -> str:
        words = re.findall(r"\w+", self.path.removeprefix("/api/"))
        return "_".join([*words, self.method.lower()])

    def get_request_serializer(self) -> Any:
        return super().get_request_serializer() if self._has_serializer() else None

    def get_response_serializers(self) -> Any:
        return super().get_response_serializers() if self._has_serializer() else OpenApiTypes.OBJECT

    def _has_serializer(self) -> bool:
        return getattr(self.view, "serializer_class", None) is not None


def describe_errors(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Every operation answers errors in the one shape that `errors_http` gives them."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    said = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {"description": "An error.", "content": said}
    return result
