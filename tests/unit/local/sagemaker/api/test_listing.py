"""List requests: filters, order, pages."""

import pytest

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.listing import page

JOBS = [
    {"Name": f"job-{number}", "Status": status, "CreationTime": float(number), "Value": value}
    for number, status, value in [(1, "Completed", 0.5), (2, "Failed", None), (3, "Completed", 0.1)]
]


def names(**request):
    members = {"name_member": "Name", "status_member": "Status", "answer_member": "Jobs"}
    answer = page(request, JOBS, **members, sort_members={"Score": "Value"})
    return [item["Name"] for item in answer["Jobs"]]


def test_filters_narrow_the_list():
    """By a part of the name, in any case; by status; by time, ends excluded."""
    assert names(NameContains="JOB-2") == ["job-2"]
    assert names(StatusEquals="Completed") == ["job-3", "job-1"]
    assert names(CreationTimeAfter=1.0, CreationTimeBefore=3.0) == ["job-2"]


def test_the_newest_come_first_unless_asked_otherwise():
    """CreationTime descending is the default; values that are missing sort lowest."""
    assert names() == ["job-3", "job-2", "job-1"]
    assert names(SortBy="Name", SortOrder="Ascending") == ["job-1", "job-2", "job-3"]
    assert names(SortBy="Score") == ["job-1", "job-3", "job-2"]


def test_pages_join_to_the_whole():
    """NextToken leads through all, and is absent at the end."""
    members = {"name_member": "Name", "answer_member": "Jobs"}
    first = page({"MaxResults": 2}, JOBS, **members)
    second = page({"MaxResults": 2, "NextToken": first["NextToken"]}, JOBS, **members)

    assert [item["Name"] for item in first["Jobs"] + second["Jobs"]] == names()
    assert "NextToken" not in second


def test_a_token_of_somebody_elses_is_refused():
    """Only our own NextToken is understood."""
    with pytest.raises(ValidationException, match="NextToken"):
        names(NextToken="abc")
