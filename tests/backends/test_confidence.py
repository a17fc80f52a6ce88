"""Confidence, from tokens whose probabilities are known."""

import math
from pathlib import Path

import pytest

from tercet.backends.embedded.confidence import chances, confidence, value_spans
from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.narrowing import Draft
from tercet.backends.embedded.drafts.scorer import Value
from tercet.backends.embedded.held import Called
from tercet.backends.embedded.manifest import read_manifest
from tercet.confidence import Calibration, Scale
from tercet.events import TokenLogprob, TopLogprob
from tercet.items import ToolCall

MARK = "<|tool|>"
CALL = ToolCall("call_1", "get_weather", '{"city":"Paris","days":3}')


def token(text: str, probability: float, **others: float) -> TokenLogprob:
    top = tuple(TopLogprob(other.replace("mark", MARK), math.log(weight)) for other, weight in others.items())
    return TokenLogprob(text, math.log(probability), top)


def call_tokens() -> list[TokenLogprob]:
    return [
        token(MARK, 0.9),
        *(token("get", 0.8), token("_weather", 0.9), token('{"', 1.0), token("city", 0.99), token('":"', 1.0)),
        *(
            token("Par", 0.5),
            token("is", 0.9),
            token('"', 1.0),
            token(',"days":', 1.0),
            token("3", 0.4),
            token("}", 1.0),
        ),
    ]


def test_each_decision_has_the_probability_of_its_own_tokens() -> None:
    told = confidence(call_tokens(), [CALL], MARK, None)
    assert told is not None
    assert told.decision == pytest.approx(0.9)
    assert told.calls[0].tool == pytest.approx(0.72)
    assert told.calls[0].arguments == pytest.approx({"city": 0.45, "days": 0.4})
    assert told.calls[0].call == pytest.approx(0.72 * 0.45 * 0.4)
    assert not told.is_calibrated


def test_an_argument_is_as_sure_as_the_model_and_its_draft() -> None:
    draft = Draft([Field("city", (Value(0.8, ("paris", "Paris"), 0, 5), Value(0.1, ("Rome",), 6, 10)))])
    told = confidence(call_tokens(), [CALL], MARK, None, drafted={"get_weather": draft})
    assert told is not None
    assert told.calls[0].arguments == pytest.approx({"city": math.sqrt(0.45 * 0.8), "days": 0.4})


def test_a_list_is_as_likely_as_its_least_likely_item() -> None:
    draft = Draft([Field("tags", (Value(0.8, ("a",), 0, 1), Value(0.3, ("b",), 2, 3)), is_list=True)])
    assert chances(draft, '{"tags":["a","b"],"other":1}') == {"tags": 0.3}
    assert chances(draft, '{"tags":["a","c"]}') == {}
    assert chances(draft, '{"tags":') == chances(None, "{}") == {}


def test_a_text_is_as_sure_as_a_call_was_unlikely() -> None:
    told = confidence([token("I", 0.3, mark=0.6), token(" cannot", 1.0)], [], MARK, None)
    assert told is not None
    assert told.decision == pytest.approx(0.4)


def test_several_calls_are_told_apart_by_their_place() -> None:
    tokens = [*call_tokens(), token(MARK, 1.0), *(token(part, 0.5) for part in ("get", "_weather", "{}"))]
    told = confidence(tokens, [CALL, ToolCall("call_2", "get_weather", "{}")], MARK, None)
    assert told is not None
    assert [call.tool for call in told.calls] == pytest.approx([0.72, 0.25])


def test_a_calibration_scales_each_kind(tmp_path: Path) -> None:
    manifest = tmp_path / "model.json"
    manifest.write_text('{"name": "m", "calibration": {"tool": {"a": 0.5, "b": 0.25, "c": 1.0}}}')
    scales = read_manifest(tmp_path / "model.gguf").calibration
    assert scales == Calibration(tool=Scale(0.5, 0.25, 1.0))
    told = confidence(call_tokens(), [CALL], MARK, scales)
    assert told is not None
    assert told.is_calibrated
    assert told.calls[0].tool == pytest.approx(
        1 / (1 + math.exp(-(0.5 * math.log(0.72) - 0.25 * math.log(0.28) + 1.0)))
    )


@pytest.mark.parametrize("content", [None, "not JSON", "[]", '{"calibration": {"tool": {"a": "steep"}}}', "{}"])
def test_without_a_readable_calibration_there_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    assert read_manifest(tmp_path / "model.gguf").calibration is None


@pytest.mark.parametrize(
    ("arguments", "spans"),
    [
        ('{"a":1,"b":"x y"}', {"a": "1", "b": '"x y"'}),
        ('{ "a" : [1, {"b": 2}] , "c":null}', {"a": '[1, {"b": 2}]', "c": "null"}),
        ('{"\\u0061\\"":{"}":"{"}}', {'a"': '{"}":"{"}'}),
        ("{}", {}),
        ("[1]", {}),
        ('{"a": ', {}),
    ],
)
def test_values_are_found_where_they_stand(arguments: str, spans: dict[str, str]) -> None:
    assert {key: arguments[start:end] for key, (start, end) in value_spans(arguments)} == spans


@pytest.mark.parametrize(
    ("called", "wanted", "silent"),
    [(None, 0.6, 0.4), (Called(0.9, is_decided=True), 0.9, 0.1), (Called(0.9, is_decided=False), 0.75, 0.04)],
)
def test_what_a_request_tells_counts_alone_where_it_decided_and_beside_the_model_elsewhere(
    called: Called | None, wanted: float, silent: float
) -> None:
    tokens = [token(MARK, 0.6, mark=0.6), *call_tokens()[1:]]
    told = confidence(tokens, [CALL], MARK, None, called)
    assert told is not None
    assert told.decision == pytest.approx(wanted, abs=0.01)
    answer = confidence([token("I", 0.4, mark=0.6)], [], MARK, None, called)
    assert answer is not None
    assert answer.decision == pytest.approx(silent, abs=0.01)
