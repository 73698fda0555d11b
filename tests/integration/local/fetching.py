"""The fetching job's script under a Spark of its own, on the laptop's S3 and Glue connections."""

import io
import json
import os
import subprocess
import uuid
from pathlib import Path

from pyarrow import parquet

from local.glue_process import DRIVERS
from local.settings import ROOT

PYTHON = ROOT / ".venvs" / "glue" / "bin" / "python"
PROGRAM = Path(__file__).parent / "programs" / "fetch_on_request.py"
BUCKET = "fetched"


class Fetching:
    """Asks for fetches and reads what they left."""

    def __init__(self, laptop):
        self._laptop = laptop
        laptop.client("s3").create_bucket(Bucket=BUCKET)
        jars = ":".join(path for path in DRIVERS if Path(path).exists())
        submit = f"--master local[2] --driver-class-path {jars} --conf spark.ui.enabled=false"
        environment = {
            **os.environ,
            **laptop.settings.client_environment(),
            "PYSPARK_SUBMIT_ARGS": f"{submit} pyspark-shell",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        self._child = subprocess.Popen(
            [str(PYTHON), str(PROGRAM), str(ROOT / "glue")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
        )
        assert self._child.stdout.readline() == "ready\n"

    def close(self):
        self._child.stdin.close()
        self._child.wait(60)
        self._child.stdout.close()

    def connection(self, server, **changes):
        """A Glue connection to a server; its name."""
        name = f"c{uuid.uuid4().hex[:10]}"
        properties = {
            "JDBC_CONNECTION_URL": server.url,
            "USERNAME": server.user,
            "PASSWORD": server.password,
        } | changes
        given = {key: value for key, value in properties.items() if value is not None}
        self._laptop.client("glue").create_connection(
            ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": given}
        )
        return name

    def fetch(self, connection, *tables):
        """Fetch tables, each a name or what ``request.json`` says of it.

        Returns:
            The result's tables by name, and the faults.
        """
        folder = f"fetches/{uuid.uuid4().hex}"
        asked = [{"name": each} if isinstance(each, str) else each for each in tables]
        document = {"connection": connection, "tables": asked}
        s3 = self._laptop.client("s3")
        s3.put_object(
            Bucket=BUCKET, Key=f"{folder}/request.json", Body=json.dumps(document).encode()
        )
        self._child.stdin.write(f"s3://{BUCKET}/{folder}/request.json\n")
        self._child.stdin.flush()
        faults = json.loads(self._child.stdout.readline())
        left = "failure" if faults else "result"
        answer = json.loads(self._object(f"{folder}/{left}.json"))
        if faults:
            assert [each["message"] for each in answer["faults"]] == [each[1] for each in faults]
            return {}, faults
        return {each["name"]: each for each in answer["tables"]}, []

    def _object(self, key):
        return self._laptop.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def rows(self, table):
        """The rows of a result's table."""
        found = []
        for uri in table["files"]:
            found += parquet.read_table(io.BytesIO(self._object(uri.split("/", 3)[3]))).to_pylist()
        return found

    def download(self, table, folder):
        """Its files on disk."""
        paths = []
        for number, uri in enumerate(table["files"]):
            path = folder / f"{table['name']}-{number}.parquet"
            path.write_bytes(self._object(uri.split("/", 3)[3]))
            paths.append(path)
        return paths
