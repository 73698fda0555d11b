"""CreateWorkteam and its siblings: who answers labelling tasks.

A team's portal is served here, on loopback: its SubDomain is the link that its members get. There
is no Cognito behind it, so that whoever has the link signs in by a name of their own.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "workteam"
WORKFORCE = "workforce"
PORTAL = "/_labeling"
CROWD = "private-crowd"


@operation(
    "CreateWorkteam",
    honours={"WorkteamName", "WorkforceName", "MemberDefinitions", "Description", "Tags"},
)
def create_workteam(request: Document, platform: Platform) -> Document:
    """Make a team; its SubDomain is the link to the portal."""
    name, now = request["WorkteamName"], platform.now()
    workforce = request.get("WorkforceName", "default")
    if workforce != "default" and platform.store.find(WORKFORCE, workforce) is None:
        raise ValidationException(f"Workforce {workforce} does not exist.")
    address = f"{platform.settings.host}:{platform.settings.port}"
    document = request | {
        "WorkteamArn": team_arn(platform, name),
        "WorkforceArn": platform.arn(WORKFORCE, workforce),
        "SubDomain": f"{address}{PORTAL}/{name}/{secrets.token_urlsafe(12)}",
        "CreateDate": now,
        "CreationTime": now,
        "LastUpdatedDate": now,
    }
    platform.create(KIND, name, document)
    return {"WorkteamArn": document["WorkteamArn"]}


def team_arn(platform: Platform, name: str) -> str:
    """The ARN of a private team."""
    return platform.arn(KIND, f"{CROWD}/{name}")


@operation("DescribeWorkteam")
def describe_workteam(request: Document, platform: Platform) -> Document:
    """A team, with the link to its portal."""
    document = platform.get(KIND, request["WorkteamName"])
    return {"Workteam": document | {"SubDomain": link(platform, document)}}


@operation("UpdateWorkteam", honours={"WorkteamName", "MemberDefinitions", "Description"})
def update_workteam(request: Document, platform: Platform) -> Document:
    """Change a team's members or its description."""
    name = request["WorkteamName"]
    platform.get(KIND, name)
    document = platform.store.update(KIND, name, **request, LastUpdatedDate=platform.now())
    return {"Workteam": document}


@operation("DeleteWorkteam")
def delete_workteam(request: Document, platform: Platform) -> Document:
    """Remove a team that has no labelling job under way."""
    name = request["WorkteamName"]
    arn = platform.get(KIND, name)["WorkteamArn"]
    for job in platform.store.list("labeling-job"):
        ended = job["LabelingJobStatus"] in {"Completed", "Failed", "Stopped"}
        if job["HumanTaskConfig"]["WorkteamArn"] == arn and not ended:
            raise ValidationException(
                f"Workteam {name} is used by the labeling job {job['LabelingJobName']}"
            )
    return {"Success": platform.store.delete(KIND, name)}


@operation("ListWorkteams")
def list_workteams(request: Document, platform: Platform) -> Document:
    """All teams, newest first."""
    return page(
        request,
        [item | {"SubDomain": link(platform, item)} for item in platform.store.list(KIND)],
        name_member="WorkteamName",
        answer_member="Workteams",
        sort_members={"CreateDate": "CreateDate"},
    )


def link(platform: Platform, team: Document) -> str:
    """A team's link at the present address, which another start may have changed."""
    _, _, path = team["SubDomain"].partition("/")
    return f"{platform.settings.host}:{platform.settings.port}/{path}"


def find_team(platform: Platform, arn: str) -> Document:
    """The team with an ARN; raises `ResourceNotFound`."""
    for team in platform.store.list(KIND):
        if team["WorkteamArn"] == arn:
            return team
    raise ResourceNotFound(f"Could not find workteam {arn}")
