"""Whether a model's archive is the one that was made: its SHA-256, under a MAC of the stack's key.

The hash alone would fall with the row that holds it. The MAC is made by AWS KMS with an HMAC key
that never leaves it (Developer Guide, "HMAC keys in AWS KMS"); of the legs, those that take up what
a job made may generate it, and those that go on with it may only verify it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord

ALGORITHM = "HMAC_SHA_256"

type Kind = Literal["trained", "package"]
"""What a training made, or the package that the evaluation made of it, which serves."""


class Proof(NamedTuple):
    """What an archive was when it was made: ``sha256`` and ``mac``, both hexadecimal."""

    sha256: str
    mac: str


def message(run: RunRecord, kind: Kind, sha256: str) -> bytes:
    """What the MAC is of: no archive can stand for that of another run, problem or kind."""
    return f"baton model\n{run.problem}\n{run.run}\n{kind}\n{sha256}".encode()


def prove(run: RunRecord, kind: Kind, sha256: str, ports: Ports) -> Proof:
    """Sign an archive's hash.

    Raises:
        LookupError: the stack's key is gone.
    """
    key = ports.settings.model_key
    text = message(run, kind, sha256)
    request = {"KeyId": key, "MacAlgorithm": ALGORITHM, "Message": text}
    found = ports.api.describe("kms", "GenerateMac", request)
    if found is None:
        raise LookupError(f"the key {key} is gone; no model can be taken up without it")
    return Proof(sha256, bytes(found["Mac"]).hex())


def signed(run: RunRecord, kind: Kind, ports: Ports) -> bool:
    """Whether the hash that a run's row records carries the stack's own MAC."""
    recorded = {
        "trained": (run.trained_sha256, run.trained_mac),
        "package": (run.model_sha256, run.model_mac),
    }
    sha256, mac = recorded[kind]
    if not sha256 or not mac:
        return False
    request = {
        "KeyId": ports.settings.model_key,
        "MacAlgorithm": ALGORITHM,
        "Message": message(run, kind, sha256),
        "Mac": bytes.fromhex(mac),
    }
    found = ports.api.describe("kms", "VerifyMac", request)
    return bool(found and found["MacValid"])


def doubt(run: RunRecord, sha256: str, ports: Ports) -> str:
    """Why a run's package is not the one with this hash; nothing when it is."""
    uri = ports.settings.run_uri(run.problem, run.run, "model", "model.tar.gz")
    try:
        now = ports.objects.sha256(uri)
    except FileNotFoundError:
        return f"the archive {uri} is gone"
    return "" if now == sha256 else f"the archive {uri} was replaced after it was made"
