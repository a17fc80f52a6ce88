"""Messages joined from single requests."""

import random

from tercet.backends.embedded.drafts.pieces import clauses
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.spoken import Spoken
from training.data.sample import Call, Sample, assistant, calls, user
from training.data.sources.joined import message, single

CALL = Call("get_weather", {"city": "Oslo"})


def test_only_one_request_answered_with_one_call_is_taken() -> None:
    text = "Get the weather in Oslo"
    found = single(Sample((user(text), calls(CALL))))
    assert found is not None
    assert found[0] == text
    assert single(Sample((user(text), calls(CALL, CALL)))) is None
    assert single(Sample((user(text), assistant("No.")))) is None
    assert single(Sample((user(text * 20), calls(CALL)))) is None


def test_every_request_is_in_the_message_in_order() -> None:
    texts = ["Get the weather in Oslo.", "Can you book a table for four?", "Send an email to Ann"]
    for seed in range(40):
        made = message(texts, random.Random(seed)).lower()
        places = [made.find(part) for part in ("weather in oslo", "book a table for four", "email to ann")]
        assert places == sorted(places)
        assert places[0] >= 0


def test_the_service_takes_most_of_them_apart_again() -> None:
    texts = ["Get the weather in Oslo.", "Book a table for four", "Send an email to Ann"]
    made = [message(texts, random.Random(seed)) for seed in range(60)]
    apart = sum(len(clauses(text, read(Spoken(text)))) >= 3 for text in made)
    assert apart > 45
