"""The API of a dataset's skeletons, for those who manage campaigns of it and for the staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import BoundedJSONParser, validated
from apps.datasets.domain.skeletons import SkeletonKind, SkeletonSettings
from apps.datasets.models import Dataset
from apps.datasets.selectors.skeletons import described_source
from apps.datasets.services.planning import check_upload_size
from apps.datasets.services.skeleton_serving import try_skeleton
from apps.datasets.services.skeleton_sources import forget_source, keep_files, name_source
from apps.datasets.skeleton_serializers import (
    SkeletonFilesSerializer,
    SkeletonSettingsSerializer,
    SkeletonSourceSerializer,
    TriedSkeletonSerializer,
    TrySkeletonSerializer,
)
from apps.proofreading.selectors.volumes import managed_dataset


class SkeletonsView(APIView):
    """`GET`: where the skeletons of a dataset's neurons come from. `PUT {"kind": "precomputed",
    "address": "…"}`: from where they come from now on, an address only by the staff; what was read
    before is forgotten. A worker looks at it: ask until `state` is `usable` or `unusable`.
    `DELETE`: from nowhere."""

    @extend_schema(responses=SkeletonSourceSerializer)
    def get(self, request: Request, dataset_id: int) -> Response:
        return _answer(managed_dataset(person(request), dataset_id))

    @extend_schema(request=SkeletonSettingsSerializer, responses={202: SkeletonSourceSerializer})
    def put(self, request: Request, dataset_id: int) -> Response:
        dataset = managed_dataset(person(request), dataset_id)
        data = validated(SkeletonSettingsSerializer(data=request.data))
        given = SkeletonSettings(**data | {"kind": SkeletonKind(data["kind"])})
        name_source(dataset, given, person(request))
        return _answer(dataset, status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, dataset_id: int) -> Response:
        forget_source(managed_dataset(person(request), dataset_id), person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SkeletonFilesView(APIView):
    """`POST`, a form with a zip archive: a file `<root id>.swc` a neuron. All of them are taken, or
    none."""

    parser_classes = (MultiPartParser, BoundedJSONParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything looks into the form: by then the file would lie on the disk.
        check_upload_size(int(request.META.get("CONTENT_LENGTH") or 0))
        super().initial(request, *args, **kwargs)

    @extend_schema(request=SkeletonFilesSerializer, responses={201: SkeletonSourceSerializer})
    def post(self, request: Request, dataset_id: int) -> Response:
        dataset = managed_dataset(person(request), dataset_id)
        data = validated(SkeletonFilesSerializer(data=request.data))
        given = SkeletonSettings(
            SkeletonKind.FILES, nm_per_unit=data["nm_per_unit"], twig_nm=data["twig_nm"]
        )
        keep_files(dataset, data["file"], given, person(request))
        return _answer(dataset, status.HTTP_201_CREATED)


class TrySkeletonView(APIView):
    """`POST {"root_id": "…"}`: what is found of one neuron, or why nothing is. A worker reads it:
    ask again while `state` is `reading`."""

    @extend_schema(request=TrySkeletonSerializer, responses=TriedSkeletonSerializer)
    def post(self, request: Request, dataset_id: int) -> Response:
        dataset = managed_dataset(person(request), dataset_id)
        data = validated(TrySkeletonSerializer(data=request.data))
        return Response(asdict(try_skeleton(dataset, int(data["root_id"]))))


def _answer(dataset: Dataset, code: int = status.HTTP_200_OK) -> Response:
    return Response(asdict(described_source(dataset)), status=code)
