"""The API of what people are told and shown: error categories and example pictures."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.picture_files import MOST_BYTES, read_picture
from apps.campaigns.selectors import campaign_for
from apps.core.api import BoundedJSONParser, validated
from apps.proofreading.campaign_serializers import (
    CategoryChangeSerializer,
    CategorySerializer,
    NewCategorySerializer,
    PictureSerializer,
    PictureUploadSerializer,
    describe_category,
    describe_pictures,
)
from apps.proofreading.services.shown import (
    add_category,
    add_picture,
    change_category,
    remove_picture,
)


class CategoriesView(APIView):
    """`POST {"title": "…"}`: offer one more kind of error, while the campaign is at rest."""

    @extend_schema(request=NewCategorySerializer, responses={201: CategorySerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data = validated(NewCategorySerializer(data=request.data))
        added = add_category(campaign, data["title"], manager, timezone.now(), key=data["key"])
        return Response(describe_category(added), status=status.HTTP_201_CREATED)


class CategoryView(APIView):
    """`PATCH {"title": "…", "retired": true}`: another title, or no longer offered."""

    @extend_schema(request=CategoryChangeSerializer, responses=CategorySerializer)
    def patch(self, request: Request, campaign_id: int, key: str) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data = validated(CategoryChangeSerializer(data=request.data))
        return Response(
            describe_category(change_category(campaign, key, manager, timezone.now(), **data))
        )


class PicturesView(APIView):
    """`GET`: the pictures beside the instructions. `POST`: one more, as a form with a file."""

    parser_classes = (MultiPartParser, BoundedJSONParser)

    @extend_schema(responses=PictureSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(describe_pictures(campaign_for(person(request), campaign_id)))

    @extend_schema(request=PictureUploadSerializer, responses={201: PictureSerializer(many=True)})
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data = validated(PictureUploadSerializer(data=request.data))
        picture = read_picture(data["picture"].read(MOST_BYTES + 1))
        add_picture(campaign, picture, data["caption"], manager, timezone.now())
        return Response(describe_pictures(campaign), status=status.HTTP_201_CREATED)


class PictureView(APIView):
    """`DELETE`: show a picture no more."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int, picture_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        remove_picture(campaign, picture_id, manager, timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
