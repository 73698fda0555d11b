"""What a script's requirements.txt asks for is looked up, never installed."""

from local.sagemaker.containers.serving.requirements import missing_requirements


def test_only_what_is_not_installed_is_named(tmp_path):
    """Versions, extras, options and comments are no part of a name."""
    file = tmp_path / "requirements.txt"
    file.write_text("numpy>=1\n# a comment\n-r more.txt\n\nsurely-not-there[extra]==1.0\n")

    assert missing_requirements(file) == ["surely-not-there"]


def test_no_file_asks_for_nothing(tmp_path):
    """It is optional."""
    assert missing_requirements(tmp_path / "requirements.txt") == []
