"""Features kept online and offline: rows answered by their identifier, and joined elsewhere."""

import hashlib
import io
import json

import pytest
from botocore.exceptions import ClientError
from pyarrow import parquet

from tests import tables

pytestmark = pytest.mark.e2e

PROBLEM, JOINING, GROWING = "members", "renewals", "growing"
CUSTOMERS = tables.customers(700, seed=11)
ROWS = tables.questions(CUSTOMERS[:40], "Churn")


def opening(cloud):
    """A problem that keeps its rows online."""
    cloud.define(
        PROBLEM,
        "Churn",
        columns={"id": "customerID"},
        features={"online": True},
        retrain={"on": []},
    )
    cloud.put(f"{PROBLEM}/data/customers.csv", tables.to_csv(CUSTOMERS))

    grow(cloud)
    cloud.put(f"{GROWING}/data/first.csv", tables.to_csv(CUSTOMERS))


def grow(cloud, **more):
    """Define a problem that ends quickly."""
    quick = {"tune": {"strategy": "none"}, "deploy": {"mode": "batch"}}
    cloud.define(GROWING, "Churn", columns={"id": "customerID"}, **quick, **more)


@pytest.fixture(scope="module")
def stored(cloud):
    """What was said of the stores."""
    return cloud.event(PROBLEM, "FeaturesStored")


@pytest.fixture(scope="module")
def served(cloud, stored):
    cloud.event(PROBLEM, "ModelDeployed")
    return f"{cloud.outputs['PredictUrl'].rstrip('/')}/{PROBLEM}"


def asked(cloud, url, rows):
    status, text = cloud.fetch(url, json.dumps({"instances": rows}).encode())
    return status, json.loads(text)


def test_both_stores_hold_every_customer(cloud, stored):
    assert (stored["rows"], stored["online"], stored["refused"]) == (700, 700, 0)
    runtime = cloud.client("sagemaker-featurestore-runtime")
    said = runtime.get_record(
        FeatureGroupName=PROBLEM, RecordIdentifierValueAsString=CUSTOMERS[3]["customerID"]
    )
    record = {item["FeatureName"]: item["ValueAsString"] for item in said["Record"]}
    assert record["plan"] == CUSTOMERS[3]["plan"]
    prefix = stored["uri"].removeprefix(f"s3://{cloud.lake}/")
    tables_ = [parquet.read_table(io.BytesIO(cloud.read(key))) for key in cloud.keys(prefix)]
    assert sum(table.num_rows for table in tables_) == 700


def test_an_identifier_alone_is_answered_as_its_whole_row(cloud, served):
    """At the front door, and by the endpoint itself."""
    names = [{"customerID": row["customerID"]} for row in ROWS]
    expected = cloud.answers(PROBLEM, ROWS)

    status, said = asked(cloud, served, names)

    assert status == 200
    assert said["predictions"] == expected
    assert cloud.answers(PROBLEM, names) == expected


def test_a_given_value_wins_over_the_stored_one(cloud, served):
    row = dict(ROWS[0], plan="pro", monthly="99.5")
    part = {name: row[name] for name in ("customerID", "plan", "monthly")}

    _, said = asked(cloud, served, [part])

    assert said["predictions"] == cloud.answers(PROBLEM, [row])


def test_an_unknown_identifier_is_refused_by_name(cloud, served):
    status, said = asked(cloud, served, [{"customerID": "nobody"}])

    assert status == 404
    assert "customerID nobody" in said["error"]
    with pytest.raises(ClientError) as refused:
        cloud.answers(PROBLEM, [{"customerID": "nobody"}])
    assert refused.value.response["OriginalStatusCode"] == 404


def test_another_problem_is_given_what_was_known_at_its_rows_time(cloud, stored):
    """Rows of a time before the customers came know nothing of them; later ones do."""
    rows = [
        {
            "contract": f"R{number}",
            "customer": customer["customerID"],
            "at": f"{'2001' if number % 2 else '2099'}-05-{number % 28 + 1:02d} 12:00:00",
            "price": str(10 + number % 7),
            "renewed": customer["Churn"],
        }
        for number, customer in enumerate(CUSTOMERS)
    ]
    cloud.define(
        JOINING,
        "renewed",
        columns={"id": "contract", "time": "at"},
        features={"join": [{"group": PROBLEM, "columns": ["plan", "age"], "on": "customer"}]},
        deploy={"mode": "batch"},
    )
    cloud.put(f"{JOINING}/data/contracts.csv", tables.to_csv(rows))

    run = cloud.event(JOINING, "DataPrepared")["run"]

    body = cloud.read(f"{JOINING}/runs/{run}/holdout/holdout.parquet")
    held = parquet.read_table(io.BytesIO(body)).to_pylist()
    plans = {customer["customerID"]: customer["plan"] for customer in CUSTOMERS}
    assert {row["at"][:4] for row in held} == {"2099"}
    assert all(row[f"{PROBLEM}.plan"] == plans[row["customer"]] for row in held)
    document = json.loads(cloud.read(f"{JOINING}/runs/{run}/prepared/documents/problem.json"))
    assert document["joined"][0]["problem"] == PROBLEM


@pytest.fixture(scope="module")
def grown(cloud):
    """What was said of the store after each of two files, the second with a column more."""
    cloud.event(GROWING, "ModelDeployed")
    more = [{**row, "region": "NSEW"[n % 4]} for n, row in enumerate(tables.customers(60, seed=12))]
    cloud.put(f"{GROWING}/data/second.csv", tables.to_csv(more))
    return cloud.events(GROWING, "FeaturesStored", 2)


def test_a_group_gains_the_column_that_the_next_file_brings(cloud, grown):
    first, second = grown
    assert second["uri"] == first["uri"]
    group = cloud.client("sagemaker").describe_feature_group(FeatureGroupName=GROWING)
    assert "region" in {each["FeatureName"] for each in group["FeatureDefinitions"]}


def test_a_recipe_of_ones_own_is_carried_out(cloud, grown):
    """That of the run before, as its folder has it, named by the next definition."""
    before = grown[1]["run"]
    recipe = cloud.read(f"{GROWING}/runs/{before}/prepared/documents/recipe.json")
    cloud.put(f"{GROWING}/code/recipe.json", recipe)

    grow(cloud, prepare={"recipe": "code/recipe.json"})

    run = cloud.events(GROWING, "DataPrepared", 3)[2]["run"]
    document = json.loads(cloud.read(f"{GROWING}/runs/{run}/prepared/documents/problem.json"))
    assert document["prepare"]["recipe_sha256"] == hashlib.sha256(recipe).hexdigest()
