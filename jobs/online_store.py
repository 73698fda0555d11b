"""The online store, as the endpoint's container asks it: the one place where served code meets AWS.

The container runs under the model's execution role, which may read online records and nothing else
of the Feature Store. SageMaker's images bring boto3; it is imported when a row first needs it.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

from science.lookup import StoreUnavailable

FEATURE_GROUPS = "BATON_FEATURE_GROUPS"
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION", "SAGEMAKER_REGION")


def online_groups() -> dict[str, str]:
    """Feature groups with an online store, by problem, as the deployment told the container."""
    groups: dict[str, str] = json.loads(os.environ.get(FEATURE_GROUPS) or "{}")
    return groups


def fetch(request: dict[str, Any]) -> dict[str, Any]:
    """Carry out a BatchGetRecord.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: TID251  (see above)

    try:
        answer: dict[str, Any] = _client().batch_get_record(**request)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(str(error)) from error
    return answer


@lru_cache(maxsize=1)
def _client() -> Any:
    import boto3  # noqa: TID251  (see above)
    from botocore.config import Config  # noqa: TID251  (see above)

    region = next((os.environ[name] for name in REGIONS if os.environ.get(name)), None)
    patient = Config(
        connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3}
    )
    make: Any = boto3.client  # its stubs know services by literal name only
    return make("sagemaker-featurestore-runtime", region_name=region, config=patient)
