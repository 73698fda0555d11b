"""Workforces and their teams, as any boto3 client meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import unique

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance


def test_an_account_has_one_workforce(laptop: LocalSageMaker) -> None:
    """A second one is refused; one with teams stays until they are gone."""
    client, name, team = laptop.client(), unique("force"), unique("team")
    pool = {"UserPool": "us-east-1_pool", "ClientId": "client"}
    arn = client.create_workforce(WorkforceName=name, CognitoConfig=pool)["WorkforceArn"]
    with pytest.raises(ClientError, match="already"):
        client.create_workforce(WorkforceName=unique("force"), CognitoConfig=pool)

    member = {"CognitoMemberDefinition": pool | {"UserGroup": "readers"}}
    client.create_workteam(
        WorkteamName=team, WorkforceName=name, Description="x", MemberDefinitions=[member]
    )
    described = client.describe_workteam(WorkteamName=team)["Workteam"]
    assert described["WorkforceArn"] == arn
    client.update_workteam(WorkteamName=team, Description="y")
    assert client.list_workteams(NameContains=team)["Workteams"][0]["Description"] == "y"
    with pytest.raises(ClientError, match="has workteams"):
        client.delete_workforce(WorkforceName=name)
    client.delete_workteam(WorkteamName=team)
    client.delete_workforce(WorkforceName=name)
    assert client.list_workforces()["Workforces"] == []


def test_what_is_not_asked_of_anybody_is_refused(laptop: LocalSageMaker) -> None:
    """Address ranges would have no effect here."""
    with pytest.raises(ClientError, match="SourceIpConfig"):
        laptop.client().create_workforce(
            WorkforceName=unique("force"),
            CognitoConfig={"UserPool": "us-east-1_pool", "ClientId": "client"},
            SourceIpConfig={"Cidrs": ["10.0.0.0/8"]},
        )
