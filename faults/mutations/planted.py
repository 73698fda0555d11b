"""The planted bugs: each a small change of the source, and the trial in which it is found."""

from __future__ import annotations

from dataclasses import dataclass

LIFECYCLE = "layers/lifecycle/lifecycle"
TABLE = f"{LIFECYCLE}/adapters/dynamodb_records.py"


class EditError(Exception):
    """A change does not fit the source as it is now."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file.

    Attributes:
        file: its path from the root.
        old: the text to be replaced, which is there once.
        new: what stands there instead.
    """

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The file's text with the change.

        Raises:
            EditError: the old text is not there, or more than once.
        """
        if text.count(self.old) != 1:
            raise EditError(f"{self.file} has {text.count(self.old)} times: {self.old!r}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Planted:
    """One bug.

    Attributes:
        name: what it is called.
        what: what is wrong, in a sentence.
        trial: the way of disturbing a life in which it shows.
        edits: the changes that make it.
    """

    name: str
    what: str
    trial: str
    edits: tuple[Edit, ...]


PLANTED = (
    Planted(
        "unguarded-commit",
        "Rows are written whatever their version is by now.",
        "interleaved",
        (
            Edit(TABLE, "if row.version:", "if row.version and False:"),
            Edit(
                TABLE,
                '            "ConditionExpression": "attribute_not_exists(pk)",\n'
                "        }\n        if",
                '            "ConditionExpression": "pk <> :none",\n'
                '            "ExpressionAttributeValues": {":none": {"S": ""}},\n'
                "        }\n        if",
            ),
        ),
    ),
    Planted(
        "emit-before-record",
        "Events are put on the bus before what they say is recorded.",
        "killed before recording",
        (
            Edit(
                f"{LIFECYCLE}/advance.py",
                "    rows = [_filled(row, answers) for row in decided.records]\n",
                "    ports.bus.put(history.announced)\n"
                "    rows = [_filled(row, answers) for row in decided.records]\n",
            ),
        ),
    ),
    Planted(
        "swallowed-refusal",
        "Events that the bus refused count as said.",
        "bus refuses",
        (
            Edit(
                f"{LIFECYCLE}/adapters/eventbridge_bus.py",
                'if answer["FailedEntryCount"]:',
                "if False:",
            ),
        ),
    ),
    Planted(
        "swallowed-error",
        "A message that failed counts as done.",
        "requests fail",
        (
            Edit(
                f"{LIFECYCLE}/leg.py",
                'failures.append({"itemIdentifier": message["messageId"]})',
                "pass",
            ),
        ),
    ),
    Planted(
        "deleted-before-done",
        "A message is deleted from its queue before it is answered.",
        "killed before recording",
        (
            Edit(
                f"{LIFECYCLE}/leg.py",
                '        envelope = json.loads(message["body"])\n',
                '        envelope = json.loads(message["body"])\n'
                "        from lifecycle.adapters.clients import client\n"
                '        client("sqs").delete_message(\n'
                '            QueueUrl="queue", ReceiptHandle=message["receiptHandle"]\n'
                "        )\n",
            ),
        ),
    ),
    Planted(
        "random-job-names",
        "A job's name is drawn anew at every try.",
        "killed before recording",
        (
            Edit(
                f"{LIFECYCLE}/names.py",
                "mark = digest(problem, run, leg, length=7)",
                'mark = __import__("uuid").uuid4().hex[:7]',
            ),
        ),
    ),
    Planted(
        "random-package-token",
        "A model package is asked for under another token at every try.",
        "killed before recording",
        (
            Edit(
                f"{LIFECYCLE}/requests/registry.py",
                'digest(run.problem, run.run, "package", length=36)',
                '__import__("uuid").uuid4().hex',
            ),
        ),
    ),
    Planted(
        "acts-on-redelivery",
        "The history is not asked, so that a second delivery acts once more.",
        "delivered twice",
        (
            Edit(
                f"{LIFECYCLE}/advance.py",
                "    history = ports.records.history(cause.id, leg)\n    attempts = 0",
                "    history = None\n    attempts = 0",
            ),
            Edit(f"{LIFECYCLE}/advance.py", "return history or _acted(", "return _acted("),
            Edit(
                f"{LIFECYCLE}/advance.py",
                "    ports.records.claim(cause.id, leg, CLAIM_SECONDS)\n",
                "",
            ),
        ),
    ),
    Planted(
        "claim-not-looked-at",
        "Two deliveries of one event may tell people at once.",
        "at once",
        (
            Edit(
                f"{LIFECYCLE}/advance.py",
                "    ports.records.claim(cause.id, leg, CLAIM_SECONDS)\n",
                "",
            ),
        ),
    ),
    Planted(
        "history-overwritten",
        "A second delivery writes the history again.",
        "at once",
        (
            Edit(
                TABLE,
                "items = [self._put(history), *(",
                'items = [{"Put": {"TableName": self._table, "Item": to_item(history, 1)}}, *(',
            ),
            Edit(
                f"{LIFECYCLE}/advance.py",
                "    history = ports.records.history(cause.id, leg)\n    attempts = 0",
                "    history = None\n    attempts = 0",
            ),
        ),
    ),
    Planted(
        "forgotten-waiting-file",
        "Files that wait for their problem are never released.",
        "undisturbed",
        (
            Edit(
                f"{LIFECYCLE}/landed.py",
                "(row.waiting or _treated_otherwise(row, protection))",
                "_treated_otherwise(row, protection)",
            ),
        ),
    ),
    Planted(
        "row-dropped-at-reading",
        "The last row of a file is not taken in.",
        "undisturbed",
        (
            Edit(
                "functions/ingest_files/handle_ingest_files.py",
                "        protect(rows, *",
                "        import duckdb\n"
                "        duckdb.sql(f\"COPY (SELECT * FROM '{rows}' LIMIT {read.rows - 1}) TO\"\n"
                "            f\" '{rows}2' (FORMAT parquet)\")\n"
                '        rows = Path(f"{rows}2")\n'
                "        read = type(read)(read.rows - 1, read.columns, read.refused)\n"
                "        protect(rows, *",
            ),
        ),
    ),
    Planted(
        "part-of-rows-lost",
        "A row of the hold-out is lost on its way to the lake.",
        "undisturbed",
        (
            Edit(
                "functions/prepare_data/handle_prepare_data.py",
                "        for file in placed(out):\n",
                "        import duckdb\n"
                '        held = out / "holdout" / "holdout.parquet"\n'
                "        duckdb.sql(f\"COPY (SELECT * FROM '{held}' OFFSET 1) TO\"\n"
                "            f\" '{held}2' (FORMAT parquet)\")\n"
                '        Path(f"{held}2").rename(held)\n'
                "        for file in placed(out):\n",
            ),
        ),
    ),
    Planted(
        "wrong-count",
        "The event of a prepared run tells the rows of another part.",
        "undisturbed",
        (
            Edit(
                "functions/prepare_data/prepare_data.py",
                "        **{name: summary[name] for name in counted},\n",
                "        **{name: summary[name] for name in counted}\n"
                '        | {"train_rows": summary["rows"]},\n',
            ),
        ),
    ),
    Planted(
        "alerted-twice",
        "People are told everything twice.",
        "undisturbed",
        (
            Edit(
                "functions/send_alert/send_alert.py",
                'calls=(ApiCall("sns", "Publish", request, alone=True),),',
                'calls=(ApiCall("sns", "Publish", request, alone=True),) * 2,',
            ),
        ),
    ),
    Planted(
        "alert-not-sent",
        "An alert is noted as sent and is not sent.",
        "undisturbed",
        (
            Edit(
                "functions/send_alert/send_alert.py",
                'calls=(ApiCall("sns", "Publish", request, alone=True),),',
                "calls=(),",
            ),
        ),
    ),
    Planted(
        "reconciler-skipped",
        "Nobody asks after jobs whose end was not heard.",
        "events lost",
        (
            Edit(
                "functions/reconcile_runs/reconcile_runs.py",
                "if status in OPEN or _updating(answer):",
                "if True:",
            ),
        ),
    ),
    Planted(
        "stage-moved-anyway",
        "A training that ended is taken up in whatever stage its run is.",
        "events doubled",
        (
            Edit(
                "functions/finish_training/finish_training.py",
                'if run.stage != "training":',
                "if False:",
            ),
            Edit(f"{LIFECYCLE}/records.py", "if stage not in MOVES[self.stage]:", "if False:"),
        ),
    ),
    Planted(
        "two-runs-at-once",
        "A run starts while another is under way.",
        "second file",
        (
            Edit(
                "functions/start_run/start_run.py",
                "    if problem.active_run:\n",
                "    if False:\n",
            ),
        ),
    ),
    Planted(
        "never-free-again",
        "A problem whose model is deployed keeps its run as the one under way.",
        "undisturbed",
        (
            Edit(
                "functions/confirm_deployment/confirm_deployment.py",
                '"active_run": None if problem.active_run == run.run else problem.active_run,',
                '"active_run": problem.active_run,',
            ),
        ),
    ),
    Planted(
        "deployed-unseen",
        "A model counts as deployed whatever its endpoint serves.",
        "rolled back",
        (
            Edit(
                "functions/confirm_deployment/confirm_deployment.py",
                'if status == "InService" and serves:',
                'if status == "InService":',
            ),
        ),
    ),
    Planted(
        "rows-of-a-neighbour",
        "A run learns from the rows of all problems.",
        "undisturbed",
        (
            Edit(
                "functions/start_run/handle_start_run.py",
                "    inputs = ports.records.inputs(name)\n",
                "    inputs = [\n"
                "        row\n"
                "        for each in ports.records.problems()\n"
                "        for row in ports.records.inputs(each.problem)\n"
                "    ]\n",
            ),
        ),
    ),
    Planted(
        "quarantine-without-file",
        "A file that cannot be read is set aside in words alone.",
        "undisturbed",
        (Edit(f"{LIFECYCLE}/quarantine.py", "    if not personal:\n", "    if False:\n"),),
    ),
    Planted(
        "failure-unsaid",
        "A training that failed ends its run, and nobody is told.",
        "training fails",
        (
            Edit(
                f"{LIFECYCLE}/runs.py",
                "            *end_run(problem, run),\n        ),\n        events=(said,),\n",
                "            *end_run(problem, run),\n        ),\n        events=(),\n",
            ),
        ),
    ),
    Planted(
        "failed-run-stays",
        "A run whose training failed stays the one under way.",
        "training fails",
        (Edit(f"{LIFECYCLE}/runs.py", "            *end_run(problem, run),\n", ""),),
    ),
    Planted(
        "approved-below-the-bar",
        "A candidate is approved whatever its metric is.",
        "candidate too weak",
        (
            Edit(
                "functions/judge_candidate/judge_candidate.py",
                "    against = objections(run, evaluation)\n",
                "    against = ()\n",
            ),
        ),
    ),
    Planted(
        "lost-in-line",
        "A message that has to wait for its turn is forgotten instead.",
        "undisturbed",
        (Edit(f"{LIFECYCLE}/turns.py", "send_again(message, 0, attributes,", "dict("),),
    ),
)
