"""A transaction that is sent again has the answer that it had, and is carried out once."""

import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def table(laptop):
    name = f"t{uuid.uuid4().hex[:12]}"
    laptop.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def put(laptop, table, token, number):
    item = {"pk": {"S": "a"}, "score": {"N": number}, "parts": {"L": [{"N": number}]}}
    action = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    laptop.client("dynamodb").transact_write_items(
        TransactItems=[{"Put": action}], ClientRequestToken=token
    )


@pytest.mark.parametrize("number", ["1", "1.0", "0.50", "1E2"])
def test_the_same_request_is_known_however_its_numbers_are_written(laptop, table, number):
    """Its condition would refuse it if it were carried out again."""
    token = uuid.uuid4().hex
    put(laptop, table, token, number)

    put(laptop, table, token, number)

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        put(laptop, table, uuid.uuid4().hex, number)


def test_another_request_under_its_token_is_refused(laptop, table):
    token = uuid.uuid4().hex
    put(laptop, table, token, "1.0")

    with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
        put(laptop, table, token, "2")
