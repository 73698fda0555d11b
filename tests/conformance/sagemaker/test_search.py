"""Search over resources of many kinds, by plain boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import ROLE, unique

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance


def components(laptop: LocalSageMaker, family: str, rates: list[float]) -> list[str]:
    """Trial components of a family, one for each rate; their names."""
    names = []
    for rate in rates:
        names.append(unique(family))
        laptop.client().create_trial_component(
            TrialComponentName=names[-1],
            Parameters={"rate": {"NumberValue": rate}},
            Tags=[{"Key": "family", "Value": family}],
        )
    return names


def search(laptop: LocalSageMaker, *filters: dict[str, Any], **more: Any) -> list[str]:
    answer = laptop.client().search(
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": list(filters), **more.pop("Expression", {})},
        **more,
    )
    return [record["TrialComponent"]["TrialComponentName"] for record in answer["Results"]]


def where(name: str, operator: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Operator": operator, "Value": value}


def test_components_are_found_by_parameter_and_sorted_by_it(laptop: LocalSageMaker) -> None:
    """Numbers compare as numbers; SortOrder turns the order round."""
    family = unique("family")
    low, middle, high = components(laptop, family, [0.05, 0.5, 5.0])
    of_family = where("Tags.family", "Equals", family)
    at_least = where("Parameters.rate", "GreaterThanOrEqualTo", "0.5")
    by_rate: dict[str, Any] = {"SortBy": "Parameters.rate", "SortOrder": "Ascending"}

    assert search(laptop, of_family, **by_rate) == [low, middle, high]
    assert search(laptop, of_family, at_least, SortBy="Parameters.rate") == [high, middle]
    either = {"Expression": {"Operator": "Or"}}
    names = (where("TrialComponentName", "Equals", low), where("TrialComponentName", "In", high))
    assert search(laptop, *names, **either, **by_rate) == [low, high]


def test_a_component_is_found_by_its_trial(laptop: LocalSageMaker) -> None:
    """Parents name trial and experiment."""
    sagemaker, experiment, trial = laptop.client(), unique("experiment"), unique("trial")
    sagemaker.create_experiment(ExperimentName=experiment)
    sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
    inside, _outside = components(laptop, unique("family"), [1.0, 2.0])
    sagemaker.associate_trial_component(TrialComponentName=inside, TrialName=trial)

    assert search(laptop, where("Parents.TrialName", "Equals", trial)) == [inside]
    assert search(laptop, where("Parents.ExperimentName", "Equals", experiment)) == [inside]
    found = sagemaker.search(
        Resource="ExperimentTrial",
        SearchExpression={"Filters": [where("ExperimentName", "Equals", experiment)]},
    )
    (record,) = found["Results"]
    summaries = record["Trial"]["TrialComponentSummaries"]
    assert [item["TrialComponentName"] for item in summaries] == [inside]


def test_a_long_result_comes_in_pages(laptop: LocalSageMaker) -> None:
    """Following NextToken gives every record once; TotalHits counts them all."""
    family = unique("family")
    names = components(laptop, family, [1.0, 2.0, 3.0])
    request: dict[str, Any] = {
        "Resource": "ExperimentTrialComponent",
        "SearchExpression": {"Filters": [where("Tags.family", "Equals", family)]},
        "MaxResults": 2,
    }
    first = laptop.client().search(**request)
    second = laptop.client().search(**request, NextToken=first["NextToken"])

    found = [item["TrialComponent"]["TrialComponentName"] for item in first["Results"]]
    found += [item["TrialComponent"]["TrialComponentName"] for item in second["Results"]]
    assert sorted(found) == sorted(names)
    assert first["TotalHits"] == {"Value": 3, "Relation": "EqualTo"}
    assert "NextToken" not in second


def test_only_what_its_tags_make_visible_is_found(laptop: LocalSageMaker) -> None:
    """VisibilityConditions cut off whatever the expression says."""
    family = unique("family")
    names = components(laptop, family, [1.0])
    anything = where("Parameters.rate", "Equals", "1")
    seen = {"VisibilityConditions": [{"Key": "Tags.family", "Value": family}]}
    unseen = {"VisibilityConditions": [{"Key": "Tags.family", "Value": "another"}]}

    assert search(laptop, anything, **seen) == names
    assert search(laptop, anything, **unseen) == []


def test_features_and_packages_are_found(laptop: LocalSageMaker) -> None:
    """FeatureMetadata is a record for each feature; a package's metadata is a property."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_feature_group(
        FeatureGroupName=group,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[
            {"FeatureName": "id", "FeatureType": "String"},
            {"FeatureName": "at", "FeatureType": "String"},
            {"FeatureName": "age", "FeatureType": "Integral"},
        ],
        OnlineStoreConfig={"EnableOnlineStore": True},
        RoleArn=ROLE,
    )
    sagemaker.update_feature_metadata(
        FeatureGroupName=group, FeatureName="age", Description="in whole years"
    )
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={"Containers": [{"Image": "image"}]},
        CustomerMetadataProperties={"team": group},
    )
    of_group = where("FeatureGroupName", "Equals", group)
    years = where("Description", "Contains", "whole years")
    features = sagemaker.search(
        Resource="FeatureMetadata", SearchExpression={"Filters": [of_group, years]}
    )["Results"]
    packages = sagemaker.search(
        Resource="ModelPackage",
        SearchExpression={"Filters": [where("CustomerMetadataProperties.team", "Equals", group)]},
    )["Results"]

    assert [item["FeatureMetadata"]["FeatureName"] for item in features] == ["age"]
    assert [item["ModelPackage"]["ModelPackageVersion"] for item in packages] == [1]


def test_property_names_are_suggested(laptop: LocalSageMaker) -> None:
    """Those of the record, and those in use."""
    components(laptop, unique("family"), [1.0])
    suggest = laptop.client().get_search_suggestions

    def names(hint: str) -> list[str]:
        query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
        answer = suggest(Resource="ExperimentTrialComponent", SuggestionQuery=query)
        return [item["PropertyName"] for item in answer["PropertyNameSuggestions"]]

    assert "Parameters.rate" in names("Para")
    assert names("TrialComponentN") == ["TrialComponentName"]


def test_a_property_that_is_not_there_is_refused(laptop: LocalSageMaker) -> None:
    """A misspelt name is no empty result."""
    with pytest.raises(ClientError, match="Unknown property name: Nonsense"):
        search(laptop, where("Nonsense", "Equals", "1"))
