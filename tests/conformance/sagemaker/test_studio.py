"""Studio: domains, users, spaces and apps, by plain boto3 and JupyterLab's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.settings import default_jupyter_lab
from tests.conformance.sagemaker.laptop import ROLE, unique, until
from tests.conformance.sagemaker.test_notebooks import get

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance
needs_jupyter = pytest.mark.skipif(
    not default_jupyter_lab().exists(), reason="needs the notebooks environment"
)


def make_domain(laptop: LocalSageMaker) -> dict[str, str]:
    """A domain with a user; the request members that name both."""
    domain = laptop.client().create_domain(
        DomainName=unique("domain"),
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
    )["DomainId"]
    user = unique("user")
    laptop.client().create_user_profile(DomainId=domain, UserProfileName=user)
    return {"DomainId": domain, "UserProfileName": user}


def make_space(laptop: LocalSageMaker, user: dict[str, str]) -> dict[str, str]:
    """A private space of a user; the request members that name it."""
    space = {"DomainId": user["DomainId"], "SpaceName": unique("space")}
    laptop.client().create_space(
        **space,
        SpaceSettings={"AppType": "JupyterLab"},
        OwnershipSettings={"OwnerUserProfileName": user["UserProfileName"]},
        SpaceSharingSettings={"SharingType": "Private"},
    )
    return space


def code_of(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**request)
    return str(error.value.response["Error"]["Code"])


@needs_jupyter
def test_an_app_is_a_jupyterlab_in_its_spaces_folder(laptop: LocalSageMaker) -> None:
    """The presigned URL opens it; what is in use cannot be deleted; the rest can, in order."""
    sagemaker, user = laptop.client(), make_domain(laptop)
    space = make_space(laptop, user)
    app = {**space, "AppType": "JupyterLab", "AppName": "default"}
    spec = {"InstanceType": "ml.t3.medium"}
    sagemaker.create_app(**app, ResourceSpec=spec)
    described: dict[str, Any] = {}

    def started() -> bool:
        described.update(sagemaker.describe_app(**app))
        return bool(described["Status"] != "Pending")

    until(started, "the app starts", seconds=90)
    assert described["Status"] == "InService", described.get("FailureReason")
    url = sagemaker.create_presigned_domain_url(**user, SpaceName=space["SpaceName"])
    note = {"type": "file", "format": "text", "content": "kept"}
    get(url["AuthorizedUrl"], "contents/note.txt", "PUT", note)
    folder = laptop.data / "studio" / user["DomainId"] / "spaces" / space["SpaceName"]

    assert (folder / "note.txt").read_text() == "kept"
    assert code_of(sagemaker.create_app, **app) == "ResourceInUse"
    assert code_of(sagemaker.delete_space, **space) == "ResourceInUse"
    assert code_of(sagemaker.delete_user_profile, **user) == "ResourceInUse"
    assert code_of(sagemaker.delete_domain, DomainId=user["DomainId"]) == "ResourceInUse"
    sagemaker.delete_app(**app)
    until(lambda: sagemaker.describe_app(**app)["Status"] == "Deleted", "the app ends")
    listed = sagemaker.list_apps(SpaceNameEquals=space["SpaceName"])["Apps"]
    assert [(item["AppName"], item["Status"]) for item in listed] == [("default", "Deleted")]
    sagemaker.delete_space(**space)
    assert not folder.exists()
    sagemaker.delete_user_profile(**user)
    retention = {"HomeEfsFileSystem": "Delete"}
    sagemaker.delete_domain(DomainId=user["DomainId"], RetentionPolicy=retention)
    assert code_of(sagemaker.describe_domain, DomainId=user["DomainId"]) == "ResourceNotFound"


def test_other_apps_and_settings_are_refused_by_name(laptop: LocalSageMaker) -> None:
    """Nothing is accepted that has no effect."""
    sagemaker, user = laptop.client(), make_domain(laptop)
    app = {**user, "AppName": "default"}
    with pytest.raises(ClientError, match="AppType CodeEditor"):
        sagemaker.create_app(**app, AppType="CodeEditor")
    with pytest.raises(ClientError, match="needs a SpaceName"):
        sagemaker.create_app(**app, AppType="JupyterLab")
    with pytest.raises(ClientError, match=r"DefaultUserSettings\.CanvasAppSettings"):
        sagemaker.update_domain(
            DomainId=user["DomainId"],
            DefaultUserSettings={
                "CanvasAppSettings": {"TimeSeriesForecastingSettings": {"Status": "ENABLED"}}
            },
        )
    with pytest.raises(ClientError, match="has no app that is InService"):
        sagemaker.create_presigned_domain_url(**user)


def test_users_and_spaces_are_listed_and_changed(laptop: LocalSageMaker) -> None:
    """By domain and by part of their name."""
    sagemaker, user = laptop.client(), make_domain(laptop)
    space = make_space(laptop, user)
    sagemaker.update_space(**space, SpaceDisplayName="Shown")
    sagemaker.update_user_profile(**user, UserSettings={"ExecutionRole": ROLE})
    users = sagemaker.list_user_profiles(DomainIdEquals=user["DomainId"])["UserProfiles"]
    spaces = sagemaker.list_spaces(
        DomainIdEquals=user["DomainId"], SpaceNameContains=space["SpaceName"]
    )["Spaces"]
    found = sagemaker.describe_user_profile(**user)

    assert [item["UserProfileName"] for item in users] == [user["UserProfileName"]]
    assert [item["SpaceDisplayName"] for item in spaces] == ["Shown"]
    assert found["UserSettings"] == {"ExecutionRole": ROLE}
    owner = sagemaker.describe_space(**space)["OwnershipSettings"]["OwnerUserProfileName"]
    assert owner == user["UserProfileName"]
