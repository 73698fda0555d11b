"""Rows that are prepared once and looked at by several tests."""

import pytest

from science.prepare import prepare
from science.tables import ingest
from tests import tables
from tests.builders import definition


@pytest.fixture(scope="session")
def ingested(tmp_path_factory):
    """Six hundred customers as Parquet."""
    folder = tmp_path_factory.mktemp("ingested")
    landed = folder / "rows.csv"
    landed.write_text(tables.to_csv(tables.customers(600)))
    ingest(landed, "rows.csv", folder / "rows.parquet")
    return folder / "rows.parquet"


@pytest.fixture(scope="session")
def prepared(ingested, tmp_path_factory):
    """What prepare_data makes of them."""
    out = tmp_path_factory.mktemp("prepared")
    prepare([ingested], definition("columns: {id: customerID}\n"), out)
    return out
