"""Reads what a labelling job is given: its manifest, its categories and its template.

Pages "Use an Input Manifest File", "Input Data Quotas", "Provide Labeling Category Configuration".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.labeling.human_task_uis import template_of
from local.sagemaker.labeling.labeling_tasks import KEPT, WAITING
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

ENTITIES_UI = ":human-task-ui/NamedEntityRecognition"
ENTITIES = """
<crowd-entity-annotation name="crowd-entity-annotation" header="Mark every entity in the text"
  text="{{ task.input.taskObject }}" labels="{{ task.input.labels | to_json }}">
</crowd-entity-annotation>
"""
"""The page of the built-in task type, which has no template of its own in a request."""
MOST_OBJECTS, LONGEST_LINE = 100_000, 100_000


class BadInput(Exception):  # noqa: N818 -- a fact about the data; the message is a FailureReason
    """A file that the job was given is not what it should be."""


def read_manifest(platform: Platform, job: Document) -> list[tuple[Document, str]]:
    """The lines of the input manifest, each with the state in which its object begins.

    An object that has a label of this attribute already keeps it (page "Chaining Labeling Jobs").

    Raises:
        BadInput: When it cannot be read, is empty, or a line is not an object's.
    """
    uri = job["InputConfig"]["DataSource"]["S3DataSource"]["ManifestS3Uri"]
    found: list[tuple[Document, str]] = []
    for number, text in enumerate(_read(platform, job, uri).splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"Line {number} of the input manifest is not JSON: {error}") from error
        if not isinstance(line, dict) or ("source" in line) == ("source-ref" in line):
            raise BadInput(
                f"Line {number} of the input manifest must have one of source and source-ref"
            )
        if len(text) > LONGEST_LINE:
            raise BadInput(f"Line {number} of the input manifest is longer than {LONGEST_LINE}")
        found.append((line, KEPT if job["LabelAttributeName"] in line else WAITING))
    if not found:
        raise BadInput("The input manifest has no objects")
    if len(found) > MOST_OBJECTS:
        raise BadInput(f"The input manifest has more than {MOST_OBJECTS} objects")
    return found


def read_labels(platform: Platform, job: Document) -> list[str]:
    """The label categories in their order; empty when the job has no such file.

    Raises:
        BadInput: When the file cannot be read or names a category twice.
    """
    uri = job.get("LabelCategoryConfigS3Uri")
    if not uri:
        return []
    try:
        labels = [str(entry["label"]) for entry in json.loads(_read(platform, job, uri))["labels"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"The label category configuration cannot be read: {error}") from error
    if not labels or len(set(labels)) != len(labels):
        raise BadInput("The label category configuration must name each category once")
    return labels


def read_template(platform: Platform, job: Document) -> str:
    """The worker's template; raises `BadInput` when it cannot be read."""
    config = job["HumanTaskConfig"]["UiConfig"]
    if "HumanTaskUiArn" in config:
        arn = config["HumanTaskUiArn"]
        return ENTITIES if arn.endswith(ENTITIES_UI) else template_of(platform, arn)
    return _read(platform, job, config["UiTemplateS3Uri"])


def _read(platform: Platform, job: Document, uri: str) -> str:
    try:
        return platform.objects.read(uri, job["RoleArn"]).decode("utf-8")
    except (ObjectsError, UnicodeDecodeError) as error:
        raise BadInput(f"{uri} cannot be read: {error}") from error
