"""What the engine is asked to complete, and the translation of that into llama.cpp's request."""

from typing import Any

import msgspec

LARK_HEADER = "%llguidance {}\n"
"""llama.cpp hands a grammar that begins like this to llguidance instead of its own parser."""
RANDOM_SEED = 0xFFFFFFFF


class Job(msgspec.Struct, frozen=True):
    """One completion. None and empty leave a choice to the model file or to llama.cpp."""

    prompt: tuple[str, ...]
    """The prompt in pieces that are tokenised apart: a special token is recognised within a piece, never across
    two. One piece is the rule; a border forces text to be read as text."""
    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] = {}
    seed: int | None = None
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    grammar: str = ""
    """A Lark grammar for llguidance, which must be valid: llama.cpp ignores one that is not, in silence."""
    visible_tokens: tuple[str, ...] = ()
    """Control tokens that appear in the text of the completion; others end it or vanish."""
    cache_key: str = ""
    loras: dict[int, float] = {}
    """Adapters, by their place in the settings, and their strength in this request."""

    @property
    def prompt_text(self) -> str:
        return self.prompt[0] if len(self.prompt) == 1 else "".join(self.prompt)


def encode(job: Job, slot: int, max_tokens: int | None = None) -> bytes:
    """Return the JSON body of the completion request for `job` on `slot`."""
    body: dict[str, Any] = {
        "prompt": {"prompt_string": job.prompt} if len(job.prompt) > 1 else job.prompt[0],
        "n_predict": job.max_tokens if max_tokens is None else max_tokens,
        "id_slot": slot,
        "stream": True,
        "return_progress": True,
        "sse_ping_interval": -1,
    }
    for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty"):
        value = getattr(job, name)
        if value is not None:
            body[name] = value
    if job.seed is not None:
        body["seed"] = job.seed % RANDOM_SEED  # the largest 32-bit number would mean "random"
    if job.stop:
        body["stop"] = job.stop
        body["verbose"] = True  # the only way to learn which of them ended the text
    if job.grammar:
        body["grammar"] = LARK_HEADER + job.grammar
    if job.visible_tokens:
        body["preserved_tokens"] = job.visible_tokens
    if job.logit_bias:
        body["logit_bias"] = job.logit_bias
    if job.top_logprobs is not None:
        body["n_probs"] = max(1, job.top_logprobs)
    if job.loras:
        body["lora"] = [{"id": index, "scale": scale} for index, scale in job.loras.items()]
    return msgspec.json.encode(body)
