"""What every List operation shares: filters by name and time, order, and pages."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterable

type Document = dict[str, Any]


def page(
    request: Document,
    documents: Iterable[Document],
    *,
    name_member: str,
    answer_member: str,
    status_member: str = "",
    sort_members: dict[str, str] | None = None,
    default_order: str = "Descending",
) -> Document:
    """Answer a List request from all documents of a kind.

    Args:
        request: The List request: NameContains, StatusEquals, CreationTimeAfter …, SortBy,
            SortOrder, MaxResults, NextToken.
        documents: Every resource, oldest first.
        name_member: The document's member that holds its name.
        answer_member: The answer's member that takes the list.
        status_member: The document's member that StatusEquals looks at.
        sort_members: SortBy value → document member, besides Name, CreationTime and Status.
        default_order: The order when none is asked for.

    Returns:
        The answer, with NextToken when there is more.
    """
    found = [item for item in documents if _wanted(item, request, name_member, status_member)]
    keys = {"Name": name_member, "CreationTime": "CreationTime", "Status": status_member}
    keys |= sort_members or {}
    by = keys.get(request.get("SortBy", "CreationTime")) or "CreationTime"
    _sort(found, by, descending=request.get("SortOrder", default_order) == "Descending")
    start = _start(request.get("NextToken"))
    size = request.get("MaxResults", 10)
    answer: Document = {answer_member: found[start : start + size]}
    if start + size < len(found):
        answer["NextToken"] = base64.urlsafe_b64encode(
            json.dumps({"from": start + size}).encode()
        ).decode()
    return answer


def _sort(found: list[Document], by: str, *, descending: bool) -> None:
    if by == "CreationTime" and descending:
        found.reverse()  # so that of two made in one millisecond the later comes first
    found.sort(key=lambda item: (item.get(by) is not None, item.get(by)), reverse=descending)


def _wanted(item: Document, request: Document, name_member: str, status_member: str) -> bool:
    if (part := request.get("NameContains")) and part.lower() not in item[name_member].lower():
        return False
    status = request.get("StatusEquals")
    if status and status_member and item.get(status_member) != status:
        return False
    for member in ("CreationTime", "LastModifiedTime"):
        when = item.get(member, 0)
        after, before = request.get(f"{member}After"), request.get(f"{member}Before")
        if (after is not None and when <= after) or (before is not None and when >= before):
            return False
    return True


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["from"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValidationException("Invalid NextToken") from error
