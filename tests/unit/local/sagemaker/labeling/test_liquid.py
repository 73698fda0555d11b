"""Templates in Liquid."""

from __future__ import annotations

import pytest

from local.sagemaker.labeling.liquid import LiquidError, render


def filled(template: str, **given: object) -> str:
    return render(template, {"task": {"input": given}}, lambda uri: f"https://{uri[5:]}")


@pytest.mark.parametrize(
    ("template", "page"),
    [
        ("{{ task.input.text }}", "a &lt;b&gt;"),
        ("{{ task.input.text | skip_autoescape }}", "a <b>"),
        ("{{ task.input.text | upcase }}", "A &lt;B&gt;"),
        ("{{ task.input.list | to_json }}", "[&quot;x&quot;, &quot;y&quot;]"),
        ("{{ task.input.list | join: ' + ' }}", "x + y"),
        ("{{ task.input.list[1] }}{{ task.input.list.first }}", "yx"),
        ("{{ task.input.list.size }}", "2"),
        ("{{ task.input.uri | grant_read_access }}", "https://lake/a.png"),
        ("{{ task.input.nothing | default: 'none' }}", "none"),
        ("{{ task.input.nothing }}", ""),
        ("{{ 'a|b' }}", "a|b"),
        ("{% for x in task.input.list %}{{ forloop.index }}{{ x }};{% endfor %}", "1x;2y;"),
        ("{% for x in task.input.none %}{{ x }}{% endfor %}.", "."),
        ("{% if task.input.number > 2 %}big{% else %}small{% endif %}", "big"),
        ("{% if task.input.nothing %}a{% elsif task.input.number == 3 %}b{% endif %}", "b"),
        ("{% unless task.input.nothing %}a{% endunless %}", "a"),
        ("{% if task.input.list contains 'y' and task.input.number %}a{% endif %}", "a"),
        ("{% assign z = task.input.number %}{{ z }}", "3"),
        ("{% comment %}{{ x }}{% endcomment %}{% raw %}{{ y }}{% endraw %}", "{{ y }}"),
    ],
)
def test_templates_become_pages(template: str, page: str) -> None:
    """Values, filters and tags do what Liquid says, and values are escaped."""
    given = {"text": "a <b>", "list": ["x", "y"], "number": 3, "uri": "s3://lake/a.png"}
    assert filled(template, **given) == page


@pytest.mark.parametrize(
    "template",
    ["{% if a %}", "{% for a b %}{% endfor %}", "{% lay %}", "{{ a | bake }}", "{% endif %}"],
)
def test_wrong_templates_are_refused(template: str) -> None:
    """A tag without an end, and what is not known, is an error and no empty page."""
    with pytest.raises(LiquidError):
        filled(template)
