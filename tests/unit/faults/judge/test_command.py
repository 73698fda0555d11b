"""The judge as a command: it finds the stack by its outputs and says what it found."""

import pytest

import faults.judge.__main__ as command
from faults.mutations.account import ENVIRONMENT, NAMES, Account

main = command.main


class Session:
    """The account's clients, and CloudFormation's word on the one stack that there is."""

    def client(self, service):
        return self if service == "cloudformation" else Account.client(service)

    def describe_stacks(self, StackName):  # noqa: N803
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in NAMES.items()]
        return {"Stacks": [{"StackName": StackName, "Outputs": outputs}]}


@pytest.fixture
def account(monkeypatch):
    """A deployed stack with nothing in it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("BATON_MODEL_KEY", "the account makes one")
    for service in ("s3", "kms", "dynamodb", "sagemaker", "glue"):
        Account.client(service)  # made while the session is still the real one
    monkeypatch.setattr(command.boto3, "Session", Session)
    account = Account()
    with account.open():
        yield account


def test_it_says_that_all_is_well_and_draws_the_end(account, capsys, tmp_path):
    assert main(["churn", "--picture", str(tmp_path / "end.json")]) == 0

    assert capsys.readouterr().out == "churn: everything is as it should be\n"
    assert main(["churn", "--reference", str(tmp_path / "end.json")]) == 0


def test_it_names_what_is_wrong_and_fails(account, capsys):
    account.write(f"s3://{NAMES['LandingBucket']}/churn/data/lost.csv", b"a,b\n1,2\n")

    assert main(["churn", "other"]) == 1

    lines = capsys.readouterr().out.splitlines()
    wrong = "no row of the table tells of it (object churn/data/lost.csv)"
    assert lines == [f"churn: forgotten_file: {wrong}", "other: everything is as it should be"]
