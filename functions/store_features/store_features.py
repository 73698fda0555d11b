"""The rows are prepared: keep them as features, for other models and for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import FeaturesStored
from lifecycle.requests.features import feature_group_request

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import DataPrepared
    from lifecycle.settings import Settings


def decide_unwanted(cause: Cause[DataPrepared]) -> Decision:
    """The problem wants no features stored."""
    event = cause.event
    return Decision("features.store is off.", problem=event.problem, run=event.run)


def group_call(problem: str, definitions: list[tuple[str, str]], settings: Settings) -> ApiCall:
    """The call that makes the problem's feature group, once."""
    return ApiCall(
        "sagemaker",
        "CreateFeatureGroup",
        feature_group_request(problem, definitions, settings),
        exists=("ResourceInUse",),
    )


def decide(cause: Cause[DataPrepared], call: ApiCall, rows: int, uri: str) -> Decision:
    """Tell what was stored.

    Args:
        cause: the prepared rows.
        call: what makes the feature group.
        rows: how many rows were written to the offline store.
        uri: where they lie.
    """
    event = cause.event
    said = FeaturesStored(
        problem=event.problem, run=event.run, feature_group=event.problem, rows=rows, uri=uri
    )
    return Decision(
        f"{rows} rows are in the feature group {event.problem}.",
        problem=event.problem,
        run=event.run,
        calls=(call,),
        events=(said,),
    )
