"""Each rule finds its fault in a life in which nothing else is wrong."""

import json
from dataclasses import replace

import pytest

from faults.judge.evidence import Alert, Said
from faults.judge.likeness import picture
from faults.judge.sagemaker_things import Job
from faults.judge.verdict import verdict
from tests.unit.faults.judge.finished import FOLDER, INGESTED, PACKAGE, PROBLEM, RUN, finished


def rules(evidence, **more):
    return {finding.rule for finding in verdict(evidence, **more)}


def test_nothing_is_held_against_a_life_as_it_should_be():
    assert verdict(finished()) == []


def test_stretches_that_became_one_are_as_they_should_be():
    life = finished()
    gathered_stretches(life)

    assert verdict(life) == []


def test_a_life_is_like_itself_whatever_its_problem_and_run_are_called():
    assert verdict(finished(), picture(finished())) == []


def a_second_training(life):
    life.things.jobs.append(Job("training-job", "train-2", "Completed", RUN, "train", "", {}))


def a_fetch(life, name, state="SUCCEEDED", **row):
    life.things.jobs.append(Job("glue-job-run", name, state, "", "fetch", "shop/f1", {}))
    known = {"job_kind": "glue-job-run", "name": name, "leg": "merge_tables", "ended": True}
    life.rows["job"].append({**known, "problem": PROBLEM, "run": None, "detail": {}, **row})


def a_second_fetch(life):
    a_fetch(life, "jr_1")
    a_fetch(life, "jr_2")


def a_fetch_that_no_row_names(life):
    a_fetch(life, "jr_1")
    life.rows["job"].pop()


def a_fetch_whose_end_was_not_heard(life):
    a_fetch(life, "jr_1", ended=False)


def gathered_stretches(life):
    """Two stretches of the stream, announced each, and one input by now."""
    inputs = life.rows["input"]
    about = {"origin": "stream", "waiting": False, "rejected": [], "purpose": "data", "etag": ""}
    for name, rows in (("s1", 3), ("s2", 4)):
        uri = f"s3://lake/{PROBLEM}/ingested/{name}.parquet"
        part = {"digest": name, "source": f"stream/{name}", "uri": None, "gathered": "s12"}
        inputs.append({**about, **part, "rows": rows})
        life.lake.counts[uri] = rows
        said = {"problem": PROBLEM, "run": None, "uri": uri, "rows": rows, "source": part["source"]}
        text = json.dumps({"data": said})
        event = Said("DataIngested", name, said, text, "ingest_records", "records", "2026")
        life.said.append(event)
        life.heard.append(replace(event, leg=""))
    whole = f"s3://lake/{PROBLEM}/ingested/s12.parquet"
    life.lake.counts[whole] = 7
    inputs.append(
        {**about, "digest": "s12", "source": "stream/gathered/s12", "uri": whole, "rows": 7}
    )


def a_row_lost_in_gathering(life):
    gathered_stretches(life)
    life.rows["input"][-1]["rows"] = life.lake.counts[life.rows["input"][-1]["uri"]] = 6


def a_stretch_that_nobody_took_in(life):
    gathered_stretches(life)
    del life.rows["input"][1]


def a_stretch_that_is_in_a_larger_one_besides(life):
    gathered_stretches(life)
    life.rows["input"][1]["uri"] = f"s3://lake/{PROBLEM}/ingested/s1.parquet"


def an_alert_once_more(life):
    life.alerts.append(Alert("m2", "ModelDeployed", "id-ModelDeployed", "info"))


def an_alert_of_nothing(life):
    life.alerts.append(Alert("m2", "DriftDetected", "id-DriftDetected", "warning"))


def no_alert(life):
    life.alerts.clear()


def a_leg_left_out(life):
    life.history[:] = [row for row in life.history if row["leg"] != "evaluate_candidate"]


def a_leg_twice(life):
    life.history.append(life.history[3])


def an_answer_before_its_cause(life):
    life.history[4]["at"] = "2026-02-03T10:11:00.000Z"


def an_answer_to_nothing(life):
    life.history[-1]["event_id"] = "nobody-said-so"


def another_stage(life):
    life.rows["run"][0]["stage"] = "deploying"


def a_run_left_behind(life):
    life.rows["problem"][0]["active_run"] = RUN


def a_row_less(life):
    life.lake.counts[f"{FOLDER}/prepared/train/t.parquet"] = 4


def a_line_that_was_not_read(life):
    life.landing.text += "3,4\n\n"


def a_file_in_no_run(life):
    life.lake.documents[f"{FOLDER}/inputs.json"]["inputs"] = []


def a_landed_file_that_nobody_knows(life):
    life.landing.etags["churn/data/b.csv"] = "e"


def a_definition_that_nobody_took(life):
    life.landing.etags["churn/problem.yaml"] = "newer"


def a_file_that_waits_on(life):
    life.rows["input"][0] |= {"waiting": True, "uri": None}


def a_file_in_two_places(life):
    life.rows["input"][0] |= {"waiting": True}


def a_file_set_aside_without_a_copy(life):
    life.rows["input"][0] |= {"uri": None, "rejected": [{"message": "no"}]}


def a_neighbours_rows(life):
    other = INGESTED.replace("/churn/", "/other/")
    life.lake.documents[f"{FOLDER}/inputs.json"]["inputs"] = [INGESTED, other]


def another_model_served(life):
    life.things.served[:] = ["s3://lake/churn/runs/before/model/model.tar.gz"]


def a_model_file_gone(life):
    del life.lake.etags[f"churn/runs/{RUN}/training/model.tar.gz"]


def a_model_below_the_bar(life):
    life.rows["run"][0]["definition"]["metric"]["approve_at"] = 0.95


def a_package_of_another_run(life):
    life.things.packages[0]["CustomerMetadataProperties"] = {"run": "another"}


def a_second_package(life):
    life.things.packages.append(life.things.packages[0] | {"ModelPackageArn": f"{PACKAGE}1"})


def an_end_that_nobody_took_up(life):
    life.rows["job"][0]["ended"] = False


def an_event_heard_otherwise(life):
    life.heard[2] = replace(life.heard[2], text='{"data":{"rows":11}}')


def an_event_not_heard(life):
    del life.heard[2]


def an_event_that_no_row_says(life):
    life.heard.append(replace(life.heard[2], id="another"))


def an_event_of_the_wrong_leg(life):
    life.said[2] = replace(life.said[2], leg="send_alert")


@pytest.mark.parametrize(
    ("falsify", "rule"),
    [
        (a_second_training, "started_twice"),
        (a_second_training, "unnamed_job"),
        (a_row_lost_in_gathering, "lost_rows"),
        (a_stretch_that_nobody_took_in, "not_so"),
        (a_stretch_that_is_in_a_larger_one_besides, "two_places"),
        (a_second_fetch, "started_twice"),
        (a_fetch_that_no_row_names, "unnamed_job"),
        (a_fetch_whose_end_was_not_heard, "end_unheard"),
        (an_alert_once_more, "alerted_twice"),
        (an_alert_of_nothing, "false_alert"),
        (no_alert, "no_alert"),
        (a_leg_left_out, "illegal_move"),
        (a_leg_twice, "illegal_move"),
        (an_answer_before_its_cause, "before_its_cause"),
        (an_answer_to_nothing, "unknown_cause"),
        (another_stage, "not_at_rest"),
        (another_stage, "history_differs"),
        (a_run_left_behind, "not_at_rest"),
        (a_row_less, "lost_rows"),
        (a_row_less, "not_so"),
        (a_line_that_was_not_read, "lost_rows"),
        (a_file_in_no_run, "forgotten_file"),
        (a_landed_file_that_nobody_knows, "forgotten_file"),
        (a_definition_that_nobody_took, "forgotten_file"),
        (a_file_that_waits_on, "still_waiting"),
        (a_file_in_two_places, "two_places"),
        (a_file_set_aside_without_a_copy, "no_place"),
        (a_neighbours_rows, "other_problem"),
        (another_model_served, "not_so"),
        (a_model_file_gone, "not_so"),
        (a_model_below_the_bar, "not_so"),
        (a_package_of_another_run, "not_so"),
        (a_second_package, "started_twice"),
        (an_end_that_nobody_took_up, "end_unheard"),
        (an_event_heard_otherwise, "unrecorded_event"),
        (an_event_that_no_row_says, "unrecorded_event"),
        (an_event_not_heard, "unheard_event"),
        (an_event_of_the_wrong_leg, "not_its_to_say"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_is_wrong_is_found(falsify, rule):
    life = finished()
    falsify(life)

    assert rule in rules(life)


def test_a_stretch_that_waited_for_its_problem_may_be_gathered():
    """Its rows still lie in the landing bucket, where they waited."""
    life = finished()
    gathered_stretches(life)
    part = life.rows["input"][1]
    part["source"] = life.said[-2].data["source"] = f"{PROBLEM}/stream/shardId-0/1-9.jsonl"
    life.landing.etags[part["source"]] = "e"

    assert verdict(life) == []

    part["gathered"] = ""

    assert "no_place" in rules(life)


def test_another_end_than_the_undisturbed_one_is_found():
    life = finished()
    life.rows["run"][0]["features"] = 3
    life.lake.etags["churn/quarantine/churn/data/b.csv"] = "e"

    found = [str(each) for each in verdict(life, picture(finished())) if each.rule == "other_end"]

    assert len(found) == 3
    assert any("quarantine" in each for each in found)


def test_a_repeated_alert_is_borne_where_its_sender_was_killed():
    life = finished()
    an_alert_once_more(life)

    assert verdict(life, alerts_may_repeat=True) == []


def test_a_repeat_by_sns_itself_is_no_second_alert():
    """It carries the same message id."""
    life = finished()
    life.alerts.append(life.alerts[0])

    assert verdict(life) == []


def test_a_second_run_must_wait_for_the_first():
    life = finished()
    second = life.history[2] | {"run": "20260203T101115-aaaaaa"}
    life.history.insert(4, second)

    found = {each.rule for each in verdict(life) if "at once" in each.what}

    assert found == {"two_runs"}
    assert PROBLEM in {row["problem"] for row in life.rows["job"]}


def database_rows(uri, at, **more):
    data = {"problem": PROBLEM, "run": None, "origin": "database", "source": "shop", "uri": uri}
    said = Said("DataIngested", f"id-{at}", {**data, **more}, "{}", "merge_tables", "x", at)
    return said, replace(said, leg="")


def test_newer_rows_of_a_database_take_the_place_of_older_ones():
    """Only the newest have a row of the table; older ones still lie where they were said to be."""
    life, older, newer = finished(), f"{FOLDER}/older.parquet", f"{FOLDER}/newer.parquet"
    life.lake.counts |= {older: 3, newer: 2}
    shop = life.rows["input"][0] | {"source": "shop", "uri": newer, "rows": 2, "etag": ""}
    life.rows["input"].append(shop)
    before = picture(life)["events"]
    for said, heard in (
        database_rows(older, "2026-02-03T10:11:20.000Z", rows=3),
        database_rows(newer, "2026-02-03T10:11:21.000Z", rows=2),
    ):
        life.said.append(said)
        life.heard.append(heard)

    assert "not_so" not in rules(life)
    assert len(picture(life)["events"]) == len(before) + 1

    life.lake.counts[older] = 4
    assert "not_so" in rules(life)


@pytest.mark.parametrize(("stored", "wrong"), [((4, 6), False), ((4, 5), True)])
def test_the_offline_store_holds_what_all_runs_added_to_it(stored, wrong):
    life = finished()
    uri = "s3://lake/churn/features/offline/"
    for number, (rows, told) in enumerate(zip(stored, (4, 6), strict=True)):
        file = f"{uri}{number}.parquet"
        life.lake.counts[file] = rows
        life.lake.etags[life.lake.key(file)] = "e"
        data = {"problem": PROBLEM, "uri": uri, "rows": told}
        life.said.append(replace(life.said[2], name="FeaturesStored", id=f"f{number}", data=data))

    found = [each.what for each in verdict(life) if "offline store" in each.what]

    assert bool(found) is wrong
