"""Puts JumpStart's models into S3: `python -m local.sagemaker.containers.jumpstart`.

With `--model` it tells, as JSON, what CreateModel and CreateTrainingJob need of one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.clients import Clients
from local.sagemaker.containers.jumpstart.catalogue import UnknownModelError
from local.sagemaker.containers.jumpstart.publishing import publish
from local.sagemaker.containers.jumpstart.specifications import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish, or tell of one model; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.sagemaker.containers.jumpstart", description=__doc__
    )
    parser.add_argument("--endpoint-url", default=os.environ.get("AWS_ENDPOINT_URL", ""))
    parser.add_argument("--region", default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    parser.add_argument("--bucket", default="", help="jumpstart-cache-prod-<region> if left out")
    parser.add_argument("--data", type=Path, default=Path(".baton/sagemaker"))
    parser.add_argument("--model", default="", help="tell of this model instead")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.model:
            print(json.dumps(resolve(chosen.model, chosen.region, chosen.bucket), indent=2))
            return 0
        if not chosen.endpoint_url:
            parser.error("--endpoint-url is missing: where S3 answers")
        s3 = Clients(chosen.endpoint_url, chosen.region).client("s3")
        done = publish(s3, chosen.data / "jumpstart", chosen.region, chosen.bucket)
    except (UnknownModelError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"s3://{done.bucket}: {len(done.written)} objects written")
    for model_id in done.models:
        print(f"  {model_id}")
    for reason in done.missing.values():
        print(f"  without {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
