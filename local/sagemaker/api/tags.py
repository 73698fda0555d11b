"""AddTags, DeleteTags and ListTags, for every resource that has an ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.operations import Document, operation

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

MOST_TAGS = 50


@operation("AddTags")
def add_tags(request: Document, platform: Platform) -> Document:
    """Add tags; one with a known key gets the new value."""
    kind, name = _resource(platform, request["ResourceArn"])

    def change(found: Document) -> Document:
        tags = {tag["Key"]: tag["Value"] for tag in [*found.get("Tags", []), *request["Tags"]]}
        if len(tags) > MOST_TAGS:
            raise ValidationException(f"A resource can have {MOST_TAGS} tags at most.")
        return found | {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    return {"Tags": platform.store.change(kind, name, change)["Tags"]}


@operation("DeleteTags")
def delete_tags(request: Document, platform: Platform) -> Document:
    """Remove tags by key; keys that are not there do no harm."""
    kind, name = _resource(platform, request["ResourceArn"])
    keys = set(request["TagKeys"])

    def change(found: Document) -> Document:
        return found | {"Tags": [tag for tag in found.get("Tags", []) if tag["Key"] not in keys]}

    platform.store.change(kind, name, change)
    return {}


@operation("ListTags")
def list_tags(request: Document, platform: Platform) -> Document:
    """All tags of a resource."""
    kind, name = _resource(platform, request["ResourceArn"])
    tags = platform.store.get(kind, name).get("Tags", [])
    token = request.get("NextToken") or "0"
    if not token.isdigit():
        raise ValidationException("Invalid NextToken")
    start, size = int(token), request.get("MaxResults", MOST_TAGS)
    answer: Document = {"Tags": tags[start : start + size]}
    if start + size < len(tags):
        answer["NextToken"] = str(start + size)
    return answer


def _resource(platform: Platform, arn: str) -> tuple[str, str]:
    found = platform.store.find_by_arn(arn)
    if found is None:
        raise ValidationException(f"Could not find a resource with the ARN {arn}.")
    return found[0], found[1]
