"""Completions through a real child process."""

import asyncio
import contextlib
import math
import time
from pathlib import Path

import pytest

from tercet.engine import wire
from tercet.engine.engine import Engine
from tercet.engine.settings import EngineSettings
from tercet.errors import ContextTooLong, InvalidRequest, ModelUnusable, Unsupported
from tests.engine.running import complete, job
from tests.engine.tiny_gguf import write_adapter, write_model

LONG_PROMPT = "<|user|>" + "the quick brown fox " * 80


async def test_a_completion_counts_its_tokens(engine: Engine) -> None:
    text, ended = await complete(engine, job(max_tokens=12))
    assert text
    assert (ended.reason, ended.output_tokens) == ("length", 12)
    assert ended.prompt_tokens == len(await engine.tokenize(("<|user|>hi<|end|><|assistant|>",)))
    assert ended.cached_tokens == 0


async def test_the_same_seed_gives_the_same_text(engine: Engine) -> None:
    texts = [(await complete(engine, job(temperature=1.0, seed=seed, max_tokens=24)))[0] for seed in (7, 7, -1, 8)]
    assert texts[0] == texts[1]
    assert len({texts[1], texts[2], texts[3]}) == 3


async def test_a_repeated_prompt_is_cached(engine: Engine) -> None:
    _, first = await complete(engine, job(LONG_PROMPT))
    _, second = await complete(engine, job(LONG_PROMPT + "jumps"))
    assert first.cached_tokens == 0
    assert first.prompt_tokens - 4 <= second.cached_tokens < second.prompt_tokens


async def test_concurrent_requests_get_their_own_answers(engine: Engine) -> None:
    asked = [job(f"<|user|>number {index}<|end|><|assistant|>", 40) for index in range(8)]
    alone = [(await complete(engine, one))[0] for one in asked]
    together = await asyncio.gather(*(complete(engine, one) for one in asked))
    assert [ended.output_tokens for _, ended in together] == [40] * 8
    # batched arithmetic may differ in the last bit, so that a late token may; the beginnings may not
    assert [text[:4] for text, _ in together] == [text[:4] for text in alone]


async def test_a_prompt_longer_than_the_window_is_refused_with_numbers(engine: Engine) -> None:
    with pytest.raises(ContextTooLong, match=r"prompt has \d,\d+ tokens and the model's window is 2,048"):
        await complete(engine, job("x" * 3000))
    assert (await complete(engine, job()))[1].reason == "length"


async def test_output_ends_with_the_window(engine: Engine) -> None:
    prompt = "x" * 2000
    _, ended = await complete(engine, job(prompt, max_tokens=500))
    assert ended.reason == "length"
    assert ended.prompt_tokens + ended.output_tokens <= engine.context


async def test_stop_strings_are_found_across_tokens_and_left_out(engine: Engine) -> None:
    letters = "start: /[a-z]*/\n"
    text, _ = await complete(engine, job(max_tokens=30, grammar=letters))
    assert text.isalpha()
    stop = text[5:8]
    stopped, ended = await complete(engine, job(max_tokens=30, grammar=letters, stop=(stop,)))
    assert stopped == text[: text.index(stop)]
    assert ended.reason == "stop"


async def test_log_probabilities_are_natural_logarithms(engine: Engine) -> None:
    entries = []
    async for reply in engine.generate(job(max_tokens=5, top_logprobs=3)):
        if isinstance(reply, wire.Tokens):
            entries += reply.logprobs or []
    assert entries
    for entry in entries:
        tops = [top["logprob"] for top in entry["top_logprobs"]]
        assert len(tops) == 3
        assert tops == sorted(tops, reverse=True)
        assert sum(map(math.exp, tops)) <= 1.0 + 1e-6


async def test_bias_decides(engine: Engine) -> None:
    (token,) = await engine.tokenize(("z",), add_special=False)
    text, _ = await complete(engine, job(max_tokens=6, logit_bias={str(token): 100.0}))
    assert text == "zzzzzz"


async def test_pieces_are_tokenised_apart(engine: Engine) -> None:
    end = engine.facts.special("<|end|>")
    assert end is not None
    assert end.id in await engine.tokenize(("a<|end|>",))
    assert end.id not in await engine.tokenize(("a<", "|end|>"))


async def test_closing_the_stream_stops_generation_at_once(engine: Engine) -> None:
    replies = engine.generate(job(max_tokens=1900))
    async for reply in replies:
        if isinstance(reply, wire.Tokens):
            break
    await replies.aclose()
    assert await _soon_idle(engine, within_s=0.3)


async def test_closing_the_stream_stops_the_reading_of_a_prompt(tiny_model: Path) -> None:
    engine = Engine(tiny_model, EngineSettings(parallel=1, batch=4))  # small steps: a fast machine reads slowly, too
    await engine.start()
    try:
        replies = engine.generate(job("y" * 2000))
        progress = [await anext(replies)]
        await replies.aclose()
        assert isinstance(progress[0], wire.Progress)
        assert await _soon_idle(engine, within_s=0.5)
        counted = await engine.metrics()
        total = next(line for line in counted.splitlines() if line.startswith("llamacpp:prompt_tokens_total "))
        assert float(total.split()[1]) < 1500
    finally:
        await engine.close()


async def test_more_requests_than_slots_wait_their_turn(engine: Engine) -> None:
    ends = await asyncio.gather(*(complete(engine, job(f"{index}", 5)) for index in range(20)))
    assert [ended.output_tokens for _, ended in ends] == [5] * 20


async def test_a_waiting_request_can_be_given_up(engine: Engine) -> None:
    busy = [asyncio.create_task(complete(engine, job(f"{index}", 400))) for index in range(4)]
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(complete(engine, job("late", 5)))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    assert {ended.output_tokens for _, ended in await asyncio.gather(*busy)} == {400}
    assert (await complete(engine, job("after", 5)))[1].output_tokens == 5


async def test_many_starts_are_one(tiny_model: Path) -> None:
    engine = Engine(tiny_model, EngineSettings(parallel=1))
    try:
        await asyncio.gather(*(complete(engine, job(f"{index}", 2)) for index in range(5)))
        pid = engine.pid
        await engine.start()
        assert engine.pid == pid
    finally:
        await engine.close()


async def test_a_start_is_quick(tiny_model: Path) -> None:
    engine = Engine(tiny_model)
    started = time.perf_counter()
    try:
        await complete(engine, job(max_tokens=1))
        assert time.perf_counter() - started < 5  # well under a second on an idle machine
    finally:
        await engine.close()


async def test_adapters_that_do_not_exist_are_an_error(tiny_model: Path) -> None:
    engine = Engine(tiny_model, EngineSettings(loras=("/nowhere/adapter.gguf",)))
    with pytest.raises(ModelUnusable):
        await engine.start()
    await engine.close()


async def test_an_adapter_is_weighed_per_request(engine: Engine, tiny_model: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter.gguf")
    adapted = Engine(tiny_model, EngineSettings(loras=(str(adapter),), parallel=1))
    try:
        bare, _ = await complete(engine, job(max_tokens=20))
        on, _ = await complete(adapted, job(max_tokens=20))
        off, _ = await complete(adapted, job(max_tokens=20, loras={0: 0.0}))
        half, _ = await complete(adapted, job(max_tokens=20, loras={0: 0.5}))
        assert off == bare
        assert len({bare, on, half}) == 3
    finally:
        await adapted.close()


async def test_a_draft_model_changes_nothing_but_the_speed(tmp_path: Path) -> None:
    path = write_model(tmp_path / "sure.gguf", None, ("<b>", "<e>"), bos="<b>", eos="<e>", certainty=30.0)
    plain, drafting = Engine(path), Engine(path, EngineSettings(draft=str(path)))
    try:
        expected, _ = await complete(plain, job("hello", 40))
        text, ended = await complete(drafting, job("hello", 40))
        assert text[:10] == expected[:10]
        assert ended.output_tokens == 40
        assert ended.drafted_tokens > 10
    finally:
        await asyncio.gather(plain.close(), drafting.close())


async def test_embeddings_need_an_engine_loaded_for_them(engine: Engine, tiny_model: Path) -> None:
    with pytest.raises(Unsupported, match="not loaded for embeddings"):
        await engine.embed(["a"])
    embedder = Engine(tiny_model, EngineSettings(embedding=True, parallel=2))
    try:
        near, same, far = await embedder.embed(["the same words", "the same words", "zzz 123"])
        assert near == pytest.approx(same, abs=1e-4)
        assert near != pytest.approx(far, abs=1e-3)
        assert sum(value * value for value in near) == pytest.approx(1.0, abs=1e-3)
    finally:
        await embedder.close()


async def test_what_llama_cpp_refuses_is_an_invalid_request(engine: Engine) -> None:
    with pytest.raises(InvalidRequest, match="the engine refused"):
        await complete(engine, job(max_tokens=-7))


async def _soon_idle(engine: Engine, within_s: float) -> bool:
    """Wait until no slot computes; False if one still does after `within_s`."""
    deadline = time.perf_counter() + within_s
    while time.perf_counter() < deadline:
        lines = (await engine.metrics()).splitlines()
        if "llamacpp:requests_processing 0" in lines:
            return True
        await asyncio.sleep(0.01)
    return False
