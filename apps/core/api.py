"""What the API views of all rooms share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import (
    ChoiceField,
    DictField,
    Field,
    ListField,
    ListSerializer,
    Serializer,
)

from apps.core.errors import InvalidInputError
from apps.voxels.frames import CONTENT_TYPE

_LONGEST_SHOWN = 40


class BoundedJSONParser(JSONParser):
    """JSON that is nested too deeply to be read, or holds half a character, is bad input and not a
    failure of the server."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            read = super().parse(stream, media_type, parser_context)
            # JSON can spell half of a surrogate pair, which is no text that could be kept or told.
            json.dumps(read, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("JSON parse error - lists or objects are nested too deeply") from error
        except UnicodeEncodeError as error:
            raise ParseError("JSON parse error - half a surrogate pair is no character") from error
        return read


class FramesRenderer(JSONRenderer):
    """Lets a client ask for frames, which the views send as they are; errors are still JSON."""

    media_type = CONTENT_TYPE
    format = "frames"


def frames_response(frames: Iterable[bytes]) -> HttpResponse:
    """Frames in one response that says its length."""
    return _private(HttpResponse(b"".join(frames), content_type=CONTENT_TYPE))


def frames_stream(frames: Iterator[bytes]) -> StreamingHttpResponse:
    """Frames sent one after another as they come."""
    response = StreamingHttpResponse(frames, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "private, no-store"
    return response


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response


def validated(serializer: Serializer[Any]) -> dict[str, Any]:
    """The serializer's data, checked; a mistake becomes an error that names the field.

    A field of JSON that the serializer does not know is a mistake, too: what is misspelt must not
    be taken for what was left out.
    """
    if not isinstance(serializer.initial_data, QueryDict):
        _check_known(serializer, serializer.initial_data, "")
    _name_choices(serializer)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _name_choices(field: Field[Any, Any, Any, Any]) -> None:
    """Has every field that takes one of some words say which."""
    if isinstance(field, ChoiceField):
        words = ", ".join(map(str, field.choices)).replace("{", "{{").replace("}", "}}")
        field.error_messages["invalid_choice"] = f'"{{input}}" is none of {words}.'
    elif isinstance(field, Serializer):
        for inner in field.fields.values():
            _name_choices(inner)
    elif isinstance(field, ListSerializer | ListField | DictField) and field.child is not None:
        _name_choices(field.child)


def _check_known(field: Field[Any, Any, Any, Any], data: Any, path: str) -> None:
    """Raises InvalidInputError naming the first field that there is not."""
    if isinstance(field, ListSerializer) and field.child is not None and isinstance(data, list):
        for one in data:
            _check_known(field.child, one, path)
    elif isinstance(field, Serializer) and isinstance(data, Mapping):
        for name, value in data.items():
            if name not in field.fields:
                shown = f"{path}{name[:_LONGEST_SHOWN]}"
                raise InvalidInputError(
                    f"{shown}: there is no such field; use {', '.join(sorted(field.fields))}.",
                    field=shown,
                )
            _check_known(field.fields[name], value, f"{path}{name}.")
