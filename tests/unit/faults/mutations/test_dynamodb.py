"""The table in memory answers as moto's DynamoDB does."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from faults.mutations.dynamodb import MemoryDynamoDB
from tests.template import record_table_schema

TABLE = "baton-records"


def item(pk, sk, version=1, listing=None):
    made = {"pk": {"S": pk}, "sk": {"S": sk}, "version": {"N": str(version)}}
    if listing:
        made |= {"listing": {"S": listing}, "listed_at": {"S": sk}}
    return made


def put(made, condition=None, **values):
    body = {"TableName": TABLE, "Item": made}
    if condition:
        body["ConditionExpression"] = condition
    if values:
        body["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    return {"Put": body}


def check(pk, sk):
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    condition = "attribute_not_exists(pk)"
    return {"ConditionCheck": {"TableName": TABLE, "Key": key, "ConditionExpression": condition}}


NEW = "attribute_not_exists(pk)"
STEPS = [
    [put(item("p", "a"), NEW), put(item("p", "b", listing="l"), NEW)],
    [put(item("p", "a"), NEW)],
    [put(item("p", "a", 2), "version = :version", version={"N": "1"})],
    [put(item("p", "a", 9), "version = :version", version={"N": "1"}), put(item("q", "a"), NEW)],
    [put(item("p", "z", 3), "version = :version", version={"N": "1"})],
    [put(item("p", "c", listing="l"), NEW), check("p", "d")],
    [put(item("p", "e"), NEW), check("p", "c")],
    [put(item("p", "a", 5))],
    [put(item("p", "f")), put(item("p", "f", 2))],
    [put(item("p", "b", 7), "attribute_exists(pk)")],
    [put(item("p", "a", 8), "pk <> :none", none={"S": ""})],
]
QUERIES = [
    ("pk = :a", {":a": {"S": "p"}}, {}),
    ("pk = :a AND begins_with(sk, :b)", {":a": {"S": "p"}, ":b": {"S": "a"}}, {}),
    ("listing = :a", {":a": {"S": "l"}}, {"IndexName": "listing"}),
    ("listing = :a", {":a": {"S": "l"}}, {"IndexName": "listing", "ScanIndexForward": False}),
    ("pk = :a", {":a": {"S": "nobody"}}, {}),
]


@pytest.fixture
def moto(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(TableName=TABLE, **record_table_schema())
        yield client


def outcome(write):
    """How a transaction went: nothing, or the reasons why each action was refused."""
    try:
        write()
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        return error.response["Error"]["Code"], [reason["Code"] for reason in reasons]
    return None


def test_transactions_and_queries_answer_alike(moto):
    memory = MemoryDynamoDB()
    for actions in STEPS:
        request = {"TransactItems": actions}
        ours = outcome(lambda asked=request: memory.answer("TransactWriteItems", asked))
        theirs = outcome(lambda asked=request: moto.transact_write_items(**asked))
        assert ours == theirs, actions
        for condition, values, more in QUERIES:
            asked = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}
            found = moto.query(TableName=TABLE, **asked, **more)["Items"]
            assert memory.answer("Query", asked | more)["Items"] == found, condition


def test_single_items_answer_alike(moto):
    memory = MemoryDynamoDB()
    memory.answer("TransactWriteItems", {"TransactItems": STEPS[0]})
    moto.transact_write_items(TransactItems=STEPS[0])
    for sort in ("a", "nobody"):
        key = {"pk": {"S": "p"}, "sk": {"S": sort}}
        found = moto.get_item(TableName=TABLE, Key=key)
        batch = {"RequestItems": {TABLE: {"Keys": [key]}}}
        assert memory.answer("GetItem", {"Key": key}).get("Item") == found.get("Item")
        theirs = moto.batch_get_item(**batch)["Responses"]
        assert memory.answer("BatchGetItem", batch)["Responses"] == theirs


def test_rows_that_are_listed_nowhere_are_found_alike(moto):
    memory = MemoryDynamoDB()
    listed = {"listing": {"S": "l"}, "listed_at": {"S": "1"}}
    kinds = {name: {"kind": {"S": name}} for name in ("history", "input")}
    rows = [
        item("p", "a") | kinds["history"],
        item("p", "b") | kinds["history"] | listed,
        item("p", "c") | kinds["input"],
    ]
    steps = [put(row) for row in rows]
    memory.answer("TransactWriteItems", {"TransactItems": steps})
    moto.transact_write_items(TransactItems=steps)
    asked = {
        "TableName": TABLE,
        "FilterExpression": "attribute_not_exists(listing) AND kind = :history",
        "ExpressionAttributeValues": {":history": {"S": "history"}},
    }

    assert memory.answer("Scan", asked)["Items"] == moto.scan(**asked)["Items"] == rows[:1]


def test_claims_answer_alike(moto):
    """The first, one too early, one after its time, one given up."""
    memory = MemoryDynamoDB()
    condition = "attribute_not_exists(pk) OR claimed_until < :now"
    claims = [(0, 60, condition), (5, 65, condition), (61, 121, condition), (70, 0, None)]
    for now, until, wanted in [*claims, (71, 131, condition)]:
        request = {"TableName": TABLE, "Item": item("claim#e", "leg")}
        request["Item"]["claimed_until"] = {"N": f"{until:.3f}"}
        if wanted:
            values = {":now": {"N": f"{now:.3f}"}}
            request |= {"ConditionExpression": wanted, "ExpressionAttributeValues": values}
        ours = outcome(lambda asked=request: memory.answer("PutItem", asked))
        assert ours == outcome(lambda asked=request: moto.put_item(**asked)), now


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("Scan", {"FilterExpression": "kind = :kind"}),
        ("TransactWriteItems", {"TransactItems": [put(item("p", "a"), "size(pk) > :n")]}),
        ("Query", {"KeyConditionExpression": "sk = :a", "ExpressionAttributeValues": {}}),
    ],
)
def test_what_the_record_table_does_not_need_is_refused_by_name(operation, request_):
    with pytest.raises(NotImplementedError):
        MemoryDynamoDB().answer(operation, request_)
