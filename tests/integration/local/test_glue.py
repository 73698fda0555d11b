"""Glue's jobs on the running cloud: really run, under their role, told of by Glue's event."""

import json
import shutil
import textwrap
import uuid

import pytest
from botocore.exceptions import ClientError

from local.cloud import answers
from local.settings import ROOT
from tests.integration.local.laptop import Laptop, policy, until

pytestmark = pytest.mark.skipif(
    not (ROOT / ".venvs/glue/bin/python").exists(), reason="`make setup` has not made .venvs/glue"
)
SECOND = "print('up', flush=True)\nimport signal; signal.pause()"
BUCKET = "glue-code"


@pytest.fixture
def name():
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def role(laptop, name):
    laptop.client("s3").create_bucket(Bucket=BUCKET)
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    return laptop.role(name, "glue.amazonaws.com", reads)


@pytest.fixture
def job(laptop, name, role):
    """Make a job of a script."""

    def make(script, *, kind="pythonshell", most=1, **more):
        key = f"{name}.py"
        body = textwrap.dedent(script).encode()
        laptop.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        command = {"Name": kind, "ScriptLocation": f"s3://{BUCKET}/{key}", "PythonVersion": "3"}
        laptop.client("glue").create_job(
            Name=name,
            Role=more.pop("Role", role),
            Command=command,
            ExecutionProperty={"MaxConcurrentRuns": most},
            **more,
        )
        return name

    return make


@pytest.fixture
def heard(laptop, name):
    """The events about the job, as a queue behind a rule gets them."""
    sqs, events = laptop.client("sqs"), laptop.client("events")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.glue"], "detail": {"jobName": [name]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(allowed)})

    def receive():
        got = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
        return json.loads(got[0]["Body"])

    return receive


def ended(laptop, job, run, seconds=60.0):
    client = laptop.client("glue")

    def look():
        found = client.get_job_run(JobName=job, RunId=run)["JobRun"]
        return found if found["JobRunState"] not in {"STARTING", "RUNNING", "STOPPING"} else None

    return until(look, seconds)


def logged(laptop, group, run):
    found = laptop.client("logs").get_log_events(logGroupName=group, logStreamName=run)
    return [event["message"] for event in found["events"]]


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_a_python_shell_job_runs_its_script_with_its_arguments(laptop, job, heard):
    named = job("import sys; print(sys.argv[1:])", DefaultArguments={"--a": "1", "--b": "2"})
    client = laptop.client("glue")

    run = client.start_job_run(JobName=named, Arguments={"--b": "3"})["JobRunId"]

    found = ended(laptop, named, run)
    assert found["JobRunState"] == "SUCCEEDED"
    assert found["CompletedOn"] >= found["StartedOn"]
    assert logged(laptop, "/aws-glue/python-jobs/output", run) == ["['--a', '1', '--b', '3']"]
    event = heard()
    assert event["detail-type"] == "Glue Job State Change"
    assert event["detail"] == {
        "jobName": named,
        "severity": "INFO",
        "state": "SUCCEEDED",
        "jobRunId": run,
        "message": "Job run succeeded",
    }


def test_a_failed_run_tells_why(laptop, job, heard):
    named = job("raise KeyError('customers')")

    run = laptop.client("glue").start_job_run(JobName=named)["JobRunId"]

    assert ended(laptop, named, run)["ErrorMessage"] == "KeyError: 'customers'"
    event = heard()["detail"]
    assert (event["state"], event["severity"]) == ("FAILED", "ERROR")
    assert "KeyError: 'customers'" in event["message"]


def test_a_script_has_the_rights_of_its_role_and_no_others(laptop, job):
    """It may read the bucket of its code, not list all buckets."""
    named = job(
        """
        import boto3
        print(boto3.client("sts").get_caller_identity()["Arn"])
        boto3.client("s3").list_buckets()
        """
    )

    run = laptop.client("glue").start_job_run(JobName=named)["JobRunId"]

    assert "AccessDenied" in ended(laptop, named, run)["ErrorMessage"]
    (caller,) = logged(laptop, "/aws-glue/python-jobs/output", run)
    assert caller.endswith(f"assumed-role/{named}/GlueJobRunnerSession")


def test_a_role_that_does_not_trust_glue_runs_nothing(laptop, job, name):
    other = laptop.role(f"{name}-other", "lambda.amazonaws.com")
    named = job("print('never')", Role=other)

    run = laptop.client("glue").start_job_run(JobName=named)["JobRunId"]

    assert "assume role permissions" in ended(laptop, named, run)["ErrorMessage"]


def test_as_many_runs_at_once_as_the_job_allows(laptop, job, heard):
    named = job(SECOND, most=2)
    client = laptop.client("glue")
    runs = [client.start_job_run(JobName=named)["JobRunId"] for _ in range(2)]

    assert refusal(client.start_job_run, JobName=named) == "ConcurrentRunsExceededException"
    stopped = client.batch_stop_job_run(JobName=named, JobRunIds=[*runs, "jr_none"])

    assert [each["JobRunId"] for each in stopped["SuccessfulSubmissions"]] == runs
    assert stopped["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert {ended(laptop, named, run)["JobRunState"] for run in runs} == {"STOPPED"}
    assert heard()["detail"]["state"] == "STOPPED"
    client.start_job_run(JobName=named)


def test_starting_and_asking_are_under_iam(laptop, job, name):
    """A role starts and follows the job that it names, and no other."""
    from tests.integration.local.test_ministack_hooks import as_role

    named = job("")
    may = {
        "Effect": "Allow",
        "Action": ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJob"],
        "Resource": f"arn:aws:glue:us-east-1:000000000000:job/{named}",
    }
    arn = laptop.role(f"{name}-starter", "sagemaker.amazonaws.com", may)
    client = as_role(laptop, arn)("glue")

    run = client.start_job_run(JobName=named)["JobRunId"]

    assert client.get_job_run(JobName=named, RunId=run)["JobRun"]["Id"] == run
    assert client.get_job(JobName=named)["Job"]["ExecutionProperty"]["MaxConcurrentRuns"] == 1
    assert refusal(client.start_job_run, JobName="another") == "AccessDeniedException"
    assert refusal(client.get_job_runs, JobName=named) == "AccessDeniedException"


@pytest.mark.skipif(shutil.which("java") is None, reason="no Java")
def test_a_spark_job_finds_spark_ready(laptop, job):
    named = job(
        """
        import sys
        from pyspark.sql import SparkSession
        spark = SparkSession.builder.getOrCreate()
        print(sys.argv[1:3], spark.range(1000).selectExpr("sum(id)").first()[0])
        print(spark.conf.get("spark.driver.host"), spark.version)
        """,
        kind="glueetl",
        GlueVersion="5.0",
    )

    run = laptop.client("glue").start_job_run(JobName=named)["JobRunId"]

    assert ended(laptop, named, run)["JobRunState"] == "SUCCEEDED"
    first, second = logged(laptop, "/aws-glue/jobs/output", run)
    assert first == f"['--JOB_NAME', '{named}'] 499500"
    assert second.startswith("127.0.0.1 3.5.")


def test_cloudformation_keeps_all_of_a_job(laptop, name, role):
    """Default arguments, connections and how many runs at once."""
    properties = {
        "Name": name,
        "Role": role,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/x.py"},
        "DefaultArguments": {"--TempDir": "s3://x/y"},
        "Connections": {"Connections": ["crm"]},
        "ExecutionProperty": {"MaxConcurrentRuns": 7},
        "Timeout": 60,
    }
    job = {"Type": "AWS::Glue::Job", "Properties": properties | {"Timeout": {"Ref": "Minutes"}}}
    minutes = {"Type": "Number", "Default": 60}
    template = {"Parameters": {"Minutes": minutes}, "Resources": {"Job": job}}
    stack = laptop.client("cloudformation")

    stack.create_stack(StackName=name, TemplateBody=json.dumps(template))
    until(
        lambda: (
            stack.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        )
    )

    made = laptop.client("glue").get_job(JobName=name)["Job"]
    assert {each: made[each] for each in properties} == properties


def test_a_run_that_the_cloud_left_under_way_has_failed_at_the_next_start(tmp_path, sagemaker):
    laptop = Laptop(tmp_path, sagemaker.server_address[1])
    try:
        laptop.client("s3").create_bucket(Bucket=BUCKET)
        laptop.client("s3").put_object(Bucket=BUCKET, Key="s.py", Body=SECOND.encode())
        reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        client = laptop.client("glue")
        client.create_job(
            Name="left",
            Role=laptop.role("left", "glue.amazonaws.com", reads),
            Command={"Name": "pythonshell", "ScriptLocation": f"s3://{BUCKET}/s.py"},
        )
        run = client.start_job_run(JobName="left")["JobRunId"]
        until(
            lambda: (
                client.get_job_run(JobName="left", RunId=run)["JobRun"]["JobRunState"] == "RUNNING"
            )
        )

        laptop.child.end()
        laptop.start()
        laptop.settings.health_file.write_text(json.dumps({"status": "ready"}))
        until(lambda: answers(laptop.settings.port, "/_baton/health"))

        assert "laptop cloud ended" in ended(laptop, "left", run)["ErrorMessage"]
    finally:
        laptop.child.end()
