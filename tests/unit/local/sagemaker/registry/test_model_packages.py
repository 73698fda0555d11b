"""The model registry: groups, versions, approval."""

import threading

import pytest

from local.sagemaker.api.errors import ConflictException, ValidationException
from tests.unit.local.sagemaker.world import IMAGE, call, told, unique

SPECIFICATION = {"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://lake/m/model.tar.gz"}]}
CHANGE = "SageMaker Model Package State Change"


@pytest.fixture
def group(platform):
    name = unique("group")
    call(platform, "CreateModelPackageGroup", ModelPackageGroupName=name)
    return name


def register(platform, group, **more):
    request = {"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION, **more}
    return call(platform, "CreateModelPackage", **request)["ModelPackageArn"]


def test_versions_count_from_one_and_are_never_given_twice(platform, group):
    """A deleted version leaves a gap."""
    first, second = register(platform, group), register(platform, group)
    call(platform, "DeleteModelPackage", ModelPackageName=second)
    third = register(platform, group)

    assert first.endswith(f":model-package/{group}/1")
    assert third.endswith(f":model-package/{group}/3")


def test_versions_made_at_once_are_all_different(platform, group):
    """Eight threads, eight versions."""
    arns = []
    threads = [
        threading.Thread(target=lambda: arns.append(register(platform, group))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(arns)) == 8


def test_a_client_token_registers_once(platform, group):
    """The same call again gets the same ARN; another call with it is a conflict."""
    token = unique("token")
    arn = register(platform, group, ClientToken=token)

    assert register(platform, group, ClientToken=token) == arn
    with pytest.raises(ConflictException, match="ClientToken"):
        register(platform, group, ClientToken=token, ModelPackageDescription="other")


def test_a_version_waits_for_approval_unless_it_says_otherwise(platform, group):
    """PendingManualApproval by default; its event carries the status and ISO times."""
    arn = register(platform, group)
    found = call(platform, "DescribeModelPackage", ModelPackageName=arn)
    (event,) = told(platform, CHANGE, arn)

    assert found["ModelApprovalStatus"] == "PendingManualApproval"
    assert found["ModelPackageStatus"] == "Completed"
    assert found["ModelPackageVersion"] == 1
    assert event["ModelApprovalStatus"] == "PendingManualApproval"
    assert event["CreationTime"].endswith("Z")
    assert "UpdatedModelPackageFields" not in event


def test_an_update_tells_which_fields_changed(platform, group):
    """An approval is told from a note by UpdatedModelPackageFields."""
    arn = register(platform, group, CustomerMetadataProperties={"run": "1", "old": "x"})
    call(
        platform,
        "UpdateModelPackage",
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
    )
    call(
        platform,
        "UpdateModelPackage",
        ModelPackageArn=arn,
        CustomerMetadataProperties={"auc": "0.9"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    found = call(platform, "DescribeModelPackage", ModelPackageName=arn)
    approved, noted = told(platform, CHANGE, arn)[1:]

    assert approved["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert noted["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]
    assert noted["ModelApprovalStatus"] == "Approved"
    assert found["CustomerMetadataProperties"] == {"run": "1", "auc": "0.9"}
    assert found["ApprovalDescription"] == "good"


def test_listing_filters_by_group_and_approval(platform, group):
    """Newest first."""
    first, second = register(platform, group), register(platform, group)
    call(platform, "UpdateModelPackage", ModelPackageArn=first, ModelApprovalStatus="Rejected")

    def arns(**request):
        found = call(platform, "ListModelPackages", ModelPackageGroupName=group, **request)
        return [entry["ModelPackageArn"] for entry in found["ModelPackageSummaryList"]]

    assert arns() == [second, first]
    assert arns(ModelApprovalStatus="Rejected") == [first]


def test_a_package_may_stand_alone(platform):
    """Then it has a name instead of a version, and no approval."""
    name = unique("package")
    request = {"ModelPackageName": name, "InferenceSpecification": SPECIFICATION}
    arn = call(platform, "CreateModelPackage", **request)["ModelPackageArn"]
    found = call(platform, "DescribeModelPackage", ModelPackageName=name)
    listed = call(platform, "ListModelPackages", NameContains=name)["ModelPackageSummaryList"]

    assert found["ModelPackageArn"] == arn
    assert "ModelApprovalStatus" not in found
    assert [entry["ModelPackageName"] for entry in listed] == [name]
    with pytest.raises(ValidationException, match="already exists"):
        call(platform, "CreateModelPackage", **request)


def test_several_are_described_at_once(platform, group):
    """What is not there is named apart."""
    arn = register(platform, group)
    missing = f"{arn}0"
    found = call(platform, "BatchDescribeModelPackage", ModelPackageArnList=[arn, missing])

    assert list(found["ModelPackageSummaries"]) == [arn]
    assert list(found["BatchDescribeModelPackageErrorMap"]) == [missing]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"InferenceSpecification": SPECIFICATION}, "ModelPackageGroupName or ModelPackageName"),
        (
            {"ModelPackageGroupName": "not-there", "InferenceSpecification": SPECIFICATION},
            "does not exist",
        ),
        ({"ModelPackageName": "bare"}, "InferenceSpecification must be provided"),
    ],
)
def test_what_cannot_be_registered_is_refused(platform, request_, reason):
    """In a sentence."""
    with pytest.raises(ValidationException, match=reason):
        call(platform, "CreateModelPackage", **request_)


def test_versions_take_no_tags(platform, group):
    """The group has them."""
    with pytest.raises(ValidationException, match="Tags cannot be given"):
        register(platform, group, Tags=[{"Key": "a", "Value": "b"}])


def test_a_group_is_deleted_only_when_it_is_empty(platform, group):
    """A conflict until then."""
    arn = register(platform, group)
    with pytest.raises(ConflictException, match="still contains"):
        call(platform, "DeleteModelPackageGroup", ModelPackageGroupName=group)
    call(platform, "DeleteModelPackage", ModelPackageName=arn)
    call(platform, "DeleteModelPackageGroup", ModelPackageGroupName=group)

    with pytest.raises(ValidationException, match="does not exist"):
        call(platform, "DescribeModelPackageGroup", ModelPackageGroupName=group)


def test_a_group_exists_once(platform, group):
    """And is found by name or ARN."""
    with pytest.raises(ValidationException, match="already exists"):
        call(platform, "CreateModelPackageGroup", ModelPackageGroupName=group)
    found = call(platform, "DescribeModelPackageGroup", ModelPackageGroupName=group)
    by_arn = call(
        platform, "DescribeModelPackageGroup", ModelPackageGroupName=found["ModelPackageGroupArn"]
    )
    listed = call(platform, "ListModelPackageGroups", NameContains=group)

    assert by_arn == found
    assert found["ModelPackageGroupStatus"] == "Completed"
    assert len(listed["ModelPackageGroupSummaryList"]) == 1
