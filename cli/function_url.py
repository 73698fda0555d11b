"""One signed request to a Lambda function URL, on AWS and on the laptop."""

from __future__ import annotations

import http.client
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cli.errors import NotReachedError

if TYPE_CHECKING:
    from cli.stack import Stack

TIMEOUT_SECONDS = 40


def fetch(stack: Stack, url: str) -> bytes:
    """GET a function URL with the caller's own signature (auth type AWS_IAM).

    The laptop cloud tells function URLs apart by their host's name, which need not resolve
    there: the connection then goes to the cloud's one address.

    Raises:
        NotReachedError: it does not answer, or refuses the caller.
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials = stack.credentials()
    request = AWSRequest("GET", url, headers={"Host": urlsplit(url).netloc})
    SigV4Auth(credentials, "lambda", stack.region).add_auth(request)
    target = urlsplit(os.environ.get("AWS_ENDPOINT_URL") or url)
    make = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = make(target.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", urlsplit(url).path or "/", headers=dict(request.headers))
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotReachedError(f"{url} does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise NotReachedError(
            f"{url} answered {answer.status}: {body[:200].decode(errors='replace')}",
            "The right lambda:InvokeFunctionUrl is needed.",
        )
    return body
