"""The laptop cloud as anybody sees it: plain boto3 and HTTP, and ears on its bus and its alerts."""

import json
import threading
import time
import urllib.error
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

PATIENCE_SECONDS = 240
"""Every problem of the whole suite may be under way at once, on two cores."""


class Ear:
    """Keeps what arrives at a queue, in order, so that a test can wait for what it is about."""

    def __init__(self, sqs, url, identity):
        """Take a queue, and what tells a message from its repeats: delivery is at least once."""
        self._sqs, self._url, self._identity = sqs, url, identity
        self._heard, self._known = [], set()
        self._news = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while not self._over.is_set():
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            messages = answer.get("Messages", [])
            with self._news:
                for item in (json.loads(message["Body"]) for message in messages):
                    if self._identity(item) not in self._known:
                        self._known.add(self._identity(item))
                        self._heard.append(item)
                self._news.notify_all()
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def all(self, matches):
        with self._news:
            return [item for item in self._heard if matches(item)]

    def wait(self, matches, count, seconds):
        """The first `count` that match, or fewer if time runs out."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                found = [item for item in self._heard if matches(item)]
                left = deadline - time.monotonic()
                if len(found) >= count or left <= 0:
                    return found[:count]
                self._news.wait(left)

    def close(self):
        self._over.set()
        self._thread.join()


class Cloud:
    """A client of the stack."""

    def __init__(self, environment, plans=None):
        """`plans` is the folder of the faults that its cloud was started with."""
        self.environment, self.plans = environment, plans
        self.session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        self.url = environment["AWS_ENDPOINT_URL"]
        self._clients = {}
        stack = self.client("cloudformation").describe_stacks(StackName="baton")["Stacks"][0]
        self.outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
        self.landing, self.lake = self.outputs["LandingBucket"], self.outputs["LakeBucket"]
        self.s3 = self.client("s3")
        self.bus = self._hear_events()
        self.topic = self._hear_alerts()

    def client(self, service):
        """One client a service, which never tries twice: a failed request must show."""
        if service not in self._clients:
            config = Config(
                retries={"total_max_attempts": 1}, max_pool_connections=40, read_timeout=300
            )
            self._clients[service] = self.session.client(
                service, endpoint_url=self.url, config=config
            )
        return self._clients[service]

    def close(self):
        self.bus.close()
        self.topic.close()
        for client in self._clients.values():
            client.close()

    # ---- hearing -----------------------------------------------------------------------------

    def queue(self, name, service):
        """A queue that a service of AWS may write to: its URL and ARN."""
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        made = self.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
        return made["QueueUrl"], arn

    def _hear_events(self):
        url, arn = self.queue("e2e-events", "events.amazonaws.com")
        bus = self.outputs["EventBus"]
        events = self.client("events")
        pattern = json.dumps({"source": ["baton"]})
        events.put_rule(Name="e2e", EventBusName=bus, EventPattern=pattern)
        events.put_targets(Rule="e2e", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        return Ear(self.client("sqs"), url, lambda e: e["detail"]["metadata"]["event_id"])

    def _hear_alerts(self):
        url, arn = self.queue("e2e-alerts", "sns.amazonaws.com")
        topic = self.outputs["AlertTopic"]
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return Ear(self.client("sqs"), url, lambda alert: alert["MessageId"])

    def heard(self, problem, *names):
        """All events of a problem so far, whole, oldest first; of these names if any are given."""
        return self.bus.all(
            lambda event: (
                event["detail"]["data"]["problem"] == problem
                and (not names or event["detail-type"] in names)
            )
        )

    def events(self, problem, name, count=1, seconds=PATIENCE_SECONDS, **fields):
        """Wait for `count` events of a name whose data has these fields; their data."""

        def matches(event):
            data = event["detail"]["data"]
            return (
                event["detail-type"] == name
                and data["problem"] == problem
                and fields.items() <= data.items()
            )

        found = self.bus.wait(matches, count, seconds)
        assert len(found) == count, f"no {name} {fields} of {problem}:\n{self.story(problem)}"
        return [event["detail"]["data"] for event in found]

    def event(self, problem, name, seconds=PATIENCE_SECONDS, **fields):
        """Wait for the first such event; its data."""
        return self.events(problem, name, 1, seconds, **fields)[0]

    def until(self, condition, seconds):
        """Look every tenth of a second; whether it came to hold in time."""
        deadline, pause = time.monotonic() + seconds, threading.Event()
        while not (holds := condition()) and time.monotonic() < deadline:
            pause.wait(0.1)
        return holds

    def alert(self, problem, name, containing=""):
        """Wait for an alert as a subscriber of the topic gets it."""

        def matches(alert):
            attributes = alert.get("MessageAttributes", {})  # an alarm has none
            said = {key: item["Value"] for key, item in attributes.items()}
            right = (said.get("problem"), said.get("event")) == (problem, name)
            return right and containing in alert["Message"]

        found = self.topic.wait(matches, 1, PATIENCE_SECONDS)
        assert found, f"no alert {name} of {problem}:\n{self.story(problem)}"
        return found[0]

    def story(self, problem):
        """What every leg made of what it heard, from the record table."""
        answer = self.client("dynamodb").query(
            TableName=self.outputs["RecordTable"],
            IndexName="listing",
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues={":listing": {"S": f"history#{problem}"}},
        )
        return "\n".join(
            f"{row['at']['S']} {row['leg']['S']}: {row['reason']['S']}" for row in answer["Items"]
        )

    def rows(self, problem, kind):
        """Rows of the record table about a problem: of kind run, input or job."""
        answer = self.client("dynamodb").query(
            TableName=self.outputs["RecordTable"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={
                ":pk": {"S": f"problem#{problem}"},
                ":sk": {"S": f"{kind}#"},
            },
        )
        return answer["Items"]

    # ---- saying ------------------------------------------------------------------------------

    def put(self, key, body):
        """Drop an object into the landing bucket."""
        text = body.encode() if isinstance(body, str) else body
        self.s3.put_object(Bucket=self.landing, Key=key, Body=text)

    def change_policy(self, bucket, change):
        """Put other statements into a bucket's policy: what `change` makes of those there are."""
        policy = json.loads(self.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        policy["Statement"] = change(policy["Statement"])
        self.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def define(self, problem, target, **keys):
        """Drop a problem.yaml that is made for speed; `keys` are more of it."""
        document = {
            "name": problem,
            "target": target,
            "tune": {"jobs": 2, "parallel": 2},
            "deploy": {"shift": {"type": "all_at_once", "bake_minutes": 0}},
            **keys,
        }
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in document.items()]
        self.put(f"{problem}/problem.yaml", "".join(lines))

    def say(self, name, detail):
        """Put an event of ours on the bus, as a second system may."""
        entry = {
            "EventBusName": self.outputs["EventBus"],
            "Source": "baton",
            "DetailType": name,
            "Detail": json.dumps(detail),
        }
        answer = self.client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0

    def stream(self, *documents):
        """Send records to the stream; bytes as they are, documents as JSON."""
        records = [
            {
                "PartitionKey": str(number),
                "Data": item if isinstance(item, bytes) else json.dumps(item).encode(),
            }
            for number, item in enumerate(documents)
        ]
        kinesis = self.client("kinesis")
        for start in range(0, len(records), 400):
            part = records[start : start + 400]
            answer = kinesis.put_records(StreamName=self.outputs["RecordStream"], Records=part)
            assert answer["FailedRecordCount"] == 0

    def ask(self, endpoint, body, content_type="application/json", accept=None, **more):
        """What the endpoint answers, as text."""
        if not isinstance(body, str | bytes):
            body = json.dumps({"instances": body})
        if accept:
            more["Accept"] = accept
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType=content_type, Body=body, **more
        )
        return answer["Body"].read().decode()

    def answers(self, endpoint, body, content_type="application/json", **more):
        """The endpoint's predictions."""
        text = self.ask(endpoint, body, content_type, accept="application/json", **more)
        return json.loads(text)["predictions"]

    def fetch(self, url, body=None, content_type="application/json", *, signed=True):
        """Status and text of a function URL."""
        method = "POST" if body is not None else "GET"
        request = AWSRequest(method, url, data=body, headers={"Content-Type": content_type})
        if signed:
            SigV4Auth(self.session.get_credentials(), "lambda", "us-east-1").add_auth(request)
        sent = urllib.request.Request(
            url, data=body, headers=dict(request.headers.items()), method=method
        )
        try:
            with urllib.request.urlopen(sent, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    # ---- looking -----------------------------------------------------------------------------

    def read(self, key, bucket=None):
        """An object of the lake, or of another bucket; `key` may be a whole s3:// address."""
        if key.startswith("s3://"):
            bucket, key = key.removeprefix("s3://").split("/", 1)
        answer = self.s3.get_object(Bucket=bucket or self.lake, Key=key)
        return answer["Body"].read()

    def keys(self, prefix):
        """Keys of the lake under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.lake, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def report(self, problem, run, name):
        """A report for programs."""
        return json.loads(self.read(f"{problem}/runs/{run}/reports/{name}.json"))

    def dead_letters(self):
        """Queues of messages that no leg could handle, with how many there are."""
        waiting = self._waiting()
        return {name: n for name, n in waiting.items() if name.endswith("-dead-letters") and n}

    def queues_are_empty(self):
        """Whether no leg has anything left to do."""
        return not any(self._waiting().values())

    def _waiting(self):
        """Messages in each queue of the stack, those in work included."""
        sqs = self.client("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = {}
        for url in sqs.list_queues(QueueNamePrefix="baton-").get("QueueUrls", []):
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            found[url.rsplit("/", 1)[-1]] = sum(int(n) for n in answer["Attributes"].values())
        return found
