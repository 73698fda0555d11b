"""CreateWorkforce and its siblings: the people that teams are made of; one in an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.labeling.workteams import KIND as TEAM
from local.sagemaker.labeling.workteams import PORTAL
from local.sagemaker.labeling.workteams import WORKFORCE as KIND

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation(
    "CreateWorkforce",
    honours={"WorkforceName", "CognitoConfig", "OidcConfig", "Tags"},
    refuses={"OidcConfig.AuthenticationRequestExtraParams", "OidcConfig.Scope"},
)
def create_workforce(request: Document, platform: Platform) -> Document:
    """Make the account's workforce; who signs in is not asked of its identity provider."""
    if ("CognitoConfig" in request) == ("OidcConfig" in request):
        raise ValidationException("Give one of CognitoConfig and OidcConfig")
    if platform.store.list(KIND):
        raise ValidationException("This account has a workforce already; there can be one")
    name, now = request["WorkforceName"], platform.now()
    oidc = request.get("OidcConfig")
    if oidc:  # as on AWS, the secret is not told again; nothing here needs it
        request["OidcConfig"] = {key: oidc[key] for key in oidc if key != "ClientSecret"}
    document = request | {
        "WorkforceArn": platform.arn(KIND, name),
        "SubDomain": f"{platform.settings.host}:{platform.settings.port}{PORTAL}",
        "Status": "Active",
        "CreateDate": now,
        "CreationTime": now,
        "LastUpdatedDate": now,
    }
    return {"WorkforceArn": platform.create(KIND, name, document)}


@operation("DescribeWorkforce")
def describe_workforce(request: Document, platform: Platform) -> Document:
    """The workforce as it was made."""
    return {"Workforce": platform.get(KIND, request["WorkforceName"])}


@operation("ListWorkforces")
def list_workforces(request: Document, platform: Platform) -> Document:
    """The account's workforce, if there is one."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="WorkforceName",
        answer_member="Workforces",
        sort_members={"CreateDate": "CreateDate"},
    )


@operation("DeleteWorkforce")
def delete_workforce(request: Document, platform: Platform) -> Document:
    """Remove a workforce that no team belongs to."""
    name = request["WorkforceName"]
    arn = platform.get(KIND, name)["WorkforceArn"]
    teams = [item["WorkteamName"] for item in platform.store.list(TEAM)]
    if any(item["WorkforceArn"] == arn for item in platform.store.list(TEAM)):
        raise ValidationException(f"Workforce {name} has workteams: {', '.join(teams)}")
    platform.store.delete(KIND, name)
    return {}
