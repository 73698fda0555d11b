"""What SDKs ask of other services besides S3: who they are, and the logs of their jobs."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import parse_qs, quote

ACCOUNT = "123456789012"
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"


def answer_identity(path: str, target: str, body: bytes) -> bytes | None:
    """STS's GetCallerIdentity and AssumeRole, IAM's GetRole and its simulation; None for others."""
    action = parse_qs(body.decode(errors="replace")).get("Action", [""])[0] if not target else ""
    if action == "GetCallerIdentity":
        inside = (
            f"<Arn>arn:aws:iam::{ACCOUNT}:role/jobs</Arn><UserId>A</UserId>"
            f"<Account>{ACCOUNT}</Account>"
        )
    elif action == "AssumeRole":
        inside = (
            "<Credentials><AccessKeyId>key</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
            "<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
            "</Credentials>"
        )
    elif action == "SimulatePrincipalPolicy":
        inside = "<EvaluationResults></EvaluationResults><IsTruncated>false</IsTruncated>"
    elif action == "GetRole":
        inside = (
            f"<Role><Path>/</Path><RoleName>jobs</RoleName><RoleId>A</RoleId>"
            f"<Arn>arn:aws:iam::{ACCOUNT}:role/jobs</Arn><CreateDate>2026-01-01T00:00:00Z"
            f"</CreateDate><AssumeRolePolicyDocument>{quote(_TRUST)}</AssumeRolePolicyDocument>"
            f"</Role>"
        )
    else:
        return None
    text = (
        f'<{action}Response xmlns="{_STS}"><{action}Result>{inside}</{action}Result>'
        f"</{action}Response>"
    )
    return text.encode()


class Logs:
    """CloudWatch Logs: streams that keep what is put."""

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def answer(self, path: str, target: str, body: bytes) -> bytes | None:
        """One request; None for another service's."""
        if not target.startswith("Logs_20140328."):
            return None
        request = json.loads(body)
        with self._lock:
            return json.dumps(self._perform(target.partition(".")[2], request)).encode()

    def _perform(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        key = (request["logGroupName"], request.get("logStreamName", ""))
        if action == "CreateLogStream":
            self.streams.setdefault(key, [])
        elif action == "PutLogEvents":
            self.streams.setdefault(key, []).extend(request["logEvents"])
        elif action == "DescribeLogStreams":
            prefix = request.get("logStreamNamePrefix", "")
            names = [n for group, n in self.streams if group == key[0] and n.startswith(prefix)]
            return {"logStreams": [{"logStreamName": name} for name in sorted(names)]}
        elif action == "GetLogEvents":
            events = self.streams.get(key, [])
            start = int(request.get("nextToken", "0"))
            return {"events": events[start:], "nextForwardToken": str(len(events))}
        return {}
