"""Crowd elements as forms, and forms as answers."""

from __future__ import annotations

import pytest

from local.sagemaker.labeling.worker_portal_crowd import categories_of, to_answer, to_forms


def test_a_classifier_is_a_set_of_buttons() -> None:
    """Each category is one radio button; scripts and the form itself are left out."""
    page = to_forms(
        "<script src='x.js'>alert(1)</script><crowd-form><crowd-classifier name='mood' "
        "categories='[\"a\", \"b &amp; c\"]' header='Which?'><classification-target>text"
        "</classification-target></crowd-classifier></crowd-form>"
    )

    assert page.count('type="radio" name="label:mood"') == 2
    assert 'value="b &amp; c"' in page
    assert '<blockquote class="classification-target">text</blockquote>' in page
    assert "script" not in page
    assert "crowd-form" not in page


def test_plain_html_stays_as_it_is() -> None:
    """Elements of HTML, entities and comments of text pass through."""
    page = "<p class='x'>1 &lt; 2<br>and <b>more</b></p>"
    assert to_forms(page) == page


def test_an_element_left_open_is_closed() -> None:
    """A template that forgets an end tag is still a form."""
    page = to_forms("<crowd-classifier name='m' categories=\"['a']\">text")
    assert page.endswith("</fieldset></div>")


def test_a_sent_form_is_an_answer() -> None:
    """Every kind of field gives what its crowd element would have given."""
    fields = {
        "label:mood": ["glad"],
        "labels:topics": ["", "price", "speed"],
        "value:why": ["because"],
        "flag:sure:yes": ["false", "true"],
        "flag:new:on": ["false"],
        "option:tone:polite": [""],
        "option:tone:rude": [""],
        "chosen:tone": ["rude"],
        "number:stars": ["4"],
        "json:boxes": ['{"boundingBoxes": []}'],
        "plain": ["text"],
        "_label": ["left out"],
    }

    assert to_answer(fields) == {
        "mood": {"label": "glad"},
        "topics": {"labels": ["price", "speed"]},
        "why": "because",
        "sure": {"yes": True},
        "new": {"on": False},
        "tone": {"polite": False, "rude": True},
        "stars": 4.0,
        "boxes": {"boundingBoxes": []},
        "plain": "text",
    }


def test_json_that_is_none_is_refused() -> None:
    """A field that asks for JSON does not take anything else."""
    with pytest.raises(ValueError, match="Expecting"):
        to_answer({"json:boxes": ["{"]})


@pytest.mark.parametrize("text", ["['a', 'b']", '["a", "b"]'])
def test_categories_are_read_in_both_spellings(text: str) -> None:
    """Lists in single and in double quotes are the same."""
    assert categories_of(text) == ["a", "b"]


def test_what_is_no_list_has_no_categories() -> None:
    """Anything else is no category."""
    assert categories_of("a, b") == []
