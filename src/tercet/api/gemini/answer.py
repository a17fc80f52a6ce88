"""From finished outputs to the response that generateContent answers with."""

import base64
import binascii
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import UNSET

from tercet.api.choices import total_usage
from tercet.api.gemini import out
from tercet.events import FinishReason, Output, TokenLogprob
from tercet.items import Item, Message, Reasoning, ToolCall
from tercet.usage import Usage

MALFORMED = "The model called {name!r} with arguments that are no JSON object."


class Heading(msgspec.Struct, frozen=True):
    """What every part of one answer carries."""

    id: str
    model: str
    """The weights that answer."""


def response(
    heading: Heading, outputs: Sequence[Output], *, shows_thoughts: bool, has_logprobs: bool
) -> out.GenerateResponse:
    """Return the whole answer of one or more candidates."""
    candidates = [
        _candidate(index, output, shows_thoughts, has_logprobs=has_logprobs) for index, output in enumerate(outputs)
    ]
    usage = usage_out([output.usage for output in outputs])
    return out.GenerateResponse(candidates, heading.model, heading.id, usage)


class Parts:
    """Turns a model's items into parts. An opaque form of thoughts is carried by the part that follows them."""

    def __init__(self, *, shows_thoughts: bool) -> None:
        self._shows_thoughts = shows_thoughts
        self._signature = ""
        self.malformed: str | None = None
        """The function that was called with arguments that the wire has no form for."""

    def text(self, text: str) -> Iterator[out.PartOut]:
        """Yield more of the answer's text."""
        if text:
            yield out.PartOut(text=text, thought_signature=self._take_signature())

    def thought(self, text: str) -> Iterator[out.PartOut]:
        """Yield more thoughts, if they are to be shown."""
        if text and self._shows_thoughts:
            yield out.PartOut(text=text, thought=True)

    def rest_of(self, item: Item, sent: int) -> Iterator[out.PartOut]:
        """Yield what of a finished item did not go out as deltas of altogether `sent` characters."""
        match item:
            case Message():
                yield from self.text(item.text[sent:])
            case ToolCall():
                yield from self._call(item)
            case Reasoning():
                yield from self.thought((item.text or "\n\n".join(item.summary))[sent:])
                self._signature = item.encrypted or ""
            case other:
                raise TypeError(f"a model cannot produce {type(other).__name__}")

    def end(self) -> Iterator[out.PartOut]:
        """Yield what is left when no item follows."""
        if (signature := self._take_signature()) is not UNSET:
            yield out.PartOut(text="", thought_signature=signature)

    def _call(self, call: ToolCall) -> Iterator[out.PartOut]:
        try:
            args = msgspec.json.decode(call.arguments or "{}", type=dict[str, object])
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            self.malformed = call.name
            return
        called = out.FunctionCallOut(call.call_id, call.name, args)
        yield out.PartOut(function_call=called, thought_signature=self._take_signature())

    def _take_signature(self) -> str | msgspec.UnsetType:
        """Return the opaque thoughts that wait for a part. The wire can carry only base64."""
        signature, self._signature = self._signature, ""
        try:
            base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return UNSET
        return signature or UNSET


def candidate(
    index: int,
    parts: list[out.PartOut],
    *,
    finish: FinishReason | None = None,
    malformed: str | None = None,
    logprobs: Sequence[TokenLogprob] = (),
) -> out.CandidateOut:
    """Return a candidate, or more of one; `finish` says why it ended, if it did."""
    is_malformed = malformed is not None and finish == "stop"
    return out.CandidateOut(
        out.ContentOut(parts),
        index,
        finish_reason=UNSET if finish is None else "MALFORMED_FUNCTION_CALL" if is_malformed else _REASONS[finish],
        finish_message=MALFORMED.format(name=malformed) if is_malformed else UNSET,
        avg_logprobs=sum(token.logprob for token in logprobs) / len(logprobs) if logprobs and finish else UNSET,
        logprobs_result=_logprobs_out(logprobs) if logprobs else UNSET,
    )


def usage_out(usages: Sequence[Usage]) -> out.UsageOut:
    """Return the usage of all candidates as it stands on the wire."""
    total = total_usage(usages)
    return out.UsageOut(
        prompt_token_count=total.input_tokens,
        candidates_token_count=total.output_tokens - total.reasoning_tokens,
        total_token_count=total.total_tokens,
        cached_content_token_count=total.cached_tokens or UNSET,
        thoughts_token_count=total.reasoning_tokens or UNSET,
    )


_REASONS: dict[FinishReason, out.FinishReasonOut] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}


def _candidate(index: int, output: Output, shows_thoughts: bool, *, has_logprobs: bool) -> out.CandidateOut:
    parts = Parts(shows_thoughts=shows_thoughts)
    shown = [part for item in output.items for part in parts.rest_of(item, 0)]
    return candidate(
        index,
        [*shown, *parts.end()],
        finish=output.reason,
        malformed=parts.malformed,
        logprobs=output.logprobs if has_logprobs else (),
    )


def _logprobs_out(tokens: Sequence[TokenLogprob]) -> out.LogprobsOut:
    return out.LogprobsOut(
        [out.TokenOut(token.token, token.logprob) for token in tokens],
        [out.TopTokensOut([out.TokenOut(top.token, top.logprob) for top in token.top]) for token in tokens],
        sum(token.logprob for token in tokens),
    )
