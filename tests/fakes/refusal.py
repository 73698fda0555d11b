"""The error by which boto3 tells that AWS refused a request."""

from botocore.exceptions import ClientError


def refusal(code: str, message: str, operation: str) -> ClientError:
    """A ``ClientError`` as botocore makes it of an error response."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
