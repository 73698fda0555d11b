"""The sentence encoder that ``prepare.text: embed`` asks for, fetched from JumpStart's archive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from science.embeddings.features import MODEL
from science.embeddings.weights import FILE, UnusableEncoder, convert
from science.faults import Fault, UnusableData

if TYPE_CHECKING:
    from pathlib import Path

    from lifecycle.ports import Ports

HUB = "SageMakerPublicHub"
CURE = "set prepare.text to tokenize, or see docs/text-and-images.md for what an encoder needs"


def fetch_encoder(definition: dict[str, Any], folder: Path, out: Path, ports: Ports) -> None:
    """Put the encoder where ``science.prepare`` looks for it, if the definition asks for one.

    A model's document in the public hub leads to its archive (SageMaker API, DescribeHubContent;
    SageMaker Python SDK, ``jumpstart/hub/interfaces.py``, for the document's members).

    Args:
        definition: the run's.
        folder: where the archive may lie meanwhile.
        out: the folder that is prepared.
        ports: the doors to the world.

    Raises:
        UnusableData: there is no such model, or it is none that runs here.
    """
    if definition["prepare"]["text"] != "embed":
        return
    request = {"HubName": HUB, "HubContentType": "Model", "HubContentName": MODEL}
    found = ports.api.describe("sagemaker", "DescribeHubContent", request)
    if found is None:
        raise _unusable(f"JumpStart has no model {MODEL} here")
    document = json.loads(found["HubContentDocument"])
    address = document.get("HostingPrepackedArtifactUri") or document.get("HostingArtifactUri", "")
    if not str(address).endswith((".tar.gz", ".tar")):
        raise _unusable(f"JumpStart's {MODEL} lies at {address!r}, which is no archive")
    try:
        archive = ports.objects.download(address, folder / "encoder.tar.gz")
        convert(archive, out / "prepared" / FILE)
    except FileNotFoundError as error:
        raise _unusable(f"JumpStart's {MODEL} is not at {address}") from error
    except UnusableEncoder as error:
        raise _unusable(f"JumpStart's {MODEL} cannot be used: {error}") from error


def _unusable(what: str) -> UnusableData:
    return UnusableData([Fault(what, "prepare.text", CURE)])
