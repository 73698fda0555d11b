"""The Glue job that prepares large runs, really run: it writes what the function writes."""

import json
import shutil

import pytest

from glue.pack_glue import pack
from local.settings import ROOT
from science.prepare import prepare
from science.run_files import placed
from science.tables import ingest
from tests import tables
from tests.builders import definition
from tests.integration.local.laptop import until
from tests.row_files import differences, file_differences

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None or not (ROOT / ".venvs/glue/bin/python").exists(),
    reason="no Java, or `make setup` has not made .venvs/glue",
)
BUCKET, RUN = "large-lake", "s3://large-lake/churn/runs/r"
ENDED = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Two files, the second with a column more."""
    folder = tmp_path_factory.mktemp("inputs")
    paths = []
    first, second = tables.customers(900, seed=3), tables.customers(700, seed=4)
    wider = [{**row, "extra": str(at % 7)} for at, row in enumerate(second)]
    for number, rows in enumerate((first, wider)):
        (folder / f"{number}.csv").write_text(tables.to_csv(rows))
        ingest(folder / f"{number}.csv", f"{number}.csv", folder / f"{number}.parquet")
        paths.append(folder / f"{number}.parquet")
    return paths


@pytest.fixture(scope="module")
def job(laptop, tmp_path_factory):
    """The job with the rights that the template gives it."""
    s3 = laptop.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(ROOT / "glue/prepare_large.py"), BUCKET, "script/prepare")
    archive = pack(tmp_path_factory.mktemp("code") / "glue.zip")
    s3.upload_file(str(archive), BUCKET, "churn/runs/r/code/glue.zip")
    rights = [
        {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::{BUCKET}/{resource}"}
        for action, resource in (("s3:GetObject", "*"), ("s3:PutObject", "churn/runs/*"))
    ]
    laptop.client("glue").create_job(
        Name="prepare",
        Role=laptop.role("prepare", "glue.amazonaws.com", *rights),
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/script/prepare"},
        GlueVersion="5.0",
    )
    return "prepare"


def prepared(laptop, job, inputs, definition):
    """Run the job over a run's folder, and return how its run ended."""
    s3, glue = laptop.client("s3"), laptop.client("glue")
    listing = {"inputs": []}
    for path in inputs:
        s3.upload_file(str(path), BUCKET, f"churn/ingested/{path.name}")
        listing["inputs"].append(f"s3://{BUCKET}/churn/ingested/{path.name}")
    for name, document in (("inputs", listing), ("definition", definition)):
        s3.put_object(Bucket=BUCKET, Key=f"churn/runs/r/{name}.json", Body=json.dumps(document))
    arguments = {"--run-uri": RUN, "--extra-py-files": f"{RUN}/code/glue.zip"}
    run = glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"]

    def look():
        found = glue.get_job_run(JobName=job, RunId=run)["JobRun"]
        return found if found["JobRunState"] in ENDED else None

    return until(look, 400)


def answer(laptop):
    body = laptop.client("s3").get_object(Bucket=BUCKET, Key="churn/runs/r/preparation.json")
    return json.loads(body["Body"].read())


def test_the_job_writes_the_very_files_that_the_function_writes(laptop, job, inputs, tmp_path):
    wanted = definition("columns: {id: customerID}\n")
    out = tmp_path / "out"
    out.mkdir()
    small = prepare(inputs, wanted, out)

    ended = prepared(laptop, job, inputs, wanted)

    assert ended["JobRunState"] == "SUCCEEDED", ended
    assert differences(answer(laptop), {"summary": small.summary}) == []
    for file in placed(out):
        made = laptop.client("s3").get_object(Bucket=BUCKET, Key=f"churn/runs/r/{file.where}")
        body = made["Body"].read()
        assert file_differences(file.where, body, file.path.read_bytes()) == []
        assert made["ContentType"] == file.content_type


def test_rows_that_nothing_can_be_learned_from_are_no_failure_of_the_job(laptop, job, inputs):
    wanted = definition(target="Nothing")

    ended = prepared(laptop, job, inputs, wanted)

    assert ended["JobRunState"] == "SUCCEEDED", ended
    assert "Nothing" in answer(laptop)["faults"][0]["message"]
