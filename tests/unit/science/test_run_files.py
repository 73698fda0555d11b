"""Where what was prepared lies in a run's folder."""

from science.run_files import placed


def test_documents_lie_apart_from_the_training_rows(tmp_path):
    for name in ("prepared/train/train.parquet", "prepared/features.json", "reports/profile.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    found = {file.where: file.content_type for file in placed(tmp_path)}

    assert found == {
        "prepared/train/train.parquet": "application/octet-stream",
        "prepared/documents/features.json": "application/json",
        "reports/profile.html": "text/html; charset=utf-8",
    }
