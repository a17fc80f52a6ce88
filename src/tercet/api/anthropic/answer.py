"""From a finished output to the message that the Messages API answers with."""

import msgspec

from tercet.api.anthropic import out
from tercet.errors import OutputInvalid
from tercet.events import FinishReason, Output
from tercet.items import Item, Message, Reasoning, RefusalPart, ToolCall
from tercet.usage import Usage


class Heading(msgspec.Struct, frozen=True):
    """What the answer is called."""

    id: str
    model: str
    """As the client named it."""


def message_out(heading: Heading, output: Output, *, shows_thinking: bool) -> out.MessageOut:
    """Return the whole answer. Raises `OutputInvalid` for a call whose arguments are no JSON object."""
    blocks: list[out.BlockOut] = []
    end = Ending()
    for item in output.items:
        end.see(item)
        if (block := _block(item, output.reason, shows_thinking=shows_thinking)) is not None:
            blocks.append(block)
    return out.MessageOut(
        id=heading.id,
        model=heading.model,
        content=blocks,
        usage=usage_out(output.usage, is_final=True),
        stop_reason=end.reason(output.reason, output.stop),
        stop_details=end.details(),
        stop_sequence=output.stop or None,
    )


class Ending:
    """Why an answer ended, as far as its items tell."""

    def __init__(self) -> None:
        self._has_calls = False
        self._refusal: str | None = None

    def see(self, item: Item) -> None:
        """Take the next item into account."""
        if isinstance(item, ToolCall):
            self._has_calls = True
        elif isinstance(item, Message):
            refusals = [part.text for part in item.content if isinstance(part, RefusalPart)]
            self._refusal = "".join(refusals) if refusals else self._refusal

    def reason(self, finish: FinishReason, stop: str) -> out.StopReason:
        """Return the reason in the protocol's words; `stop` is the stop sequence that was met, if one was."""
        if finish == "content_filter" or self._refusal is not None:
            return "refusal"
        if finish == "length":
            return "max_tokens"
        if stop:
            return "stop_sequence"
        return "tool_use" if self._has_calls else "end_turn"

    def details(self) -> out.RefusalDetails | None:
        """Return what there is to say of a refusal."""
        return None if self._refusal is None else out.RefusalDetails(self._refusal)


def usage_out(usage: Usage, *, is_final: bool = False) -> out.UsageOut:
    """Return the usage as it stands on the wire; that of a whole message also names the service tier."""
    return out.UsageOut(
        input_tokens=usage.input_tokens - usage.cached_tokens,
        output_tokens=usage.output_tokens,
        cache_read_input_tokens=usage.cached_tokens,
        output_tokens_details=out.OutputDetails(usage.reasoning_tokens),
        service_tier="standard" if is_final else msgspec.UNSET,
    )


def thinking_text(item: Reasoning) -> str:
    """Return the thoughts in plain words: the text itself, or its summary."""
    return item.text or "\n\n".join(item.summary)


def check_input(call: ToolCall) -> dict[str, object]:
    """Return the call's input. Raises `OutputInvalid` unless it is an object, the only form that the wire has."""
    try:
        return msgspec.json.decode(call.arguments or "{}", type=dict[str, object])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise OutputInvalid(f"the model called {call.name!r} with arguments that are no JSON object: {error}") from None


def _block(item: Item, finish: FinishReason, *, shows_thinking: bool) -> out.BlockOut | None:
    match item:
        case Message():
            return out.TextOut(item.text) if item.text else None
        case ToolCall():
            return _call_block(item, finish)
        case Reasoning():
            return thinking_block(item, shows_thinking=shows_thinking)
        case other:
            raise TypeError(f"a model cannot produce {type(other).__name__}")


def _call_block(call: ToolCall, finish: FinishReason) -> out.ToolUseOut | None:
    """Return the call, or None for one that the token limit cut off: it can be neither shown nor made."""
    try:
        return out.ToolUseOut(call.call_id, call.name, check_input(call))
    except OutputInvalid:
        if finish == "length":
            return None
        raise


def thinking_block(item: Reasoning, *, shows_thinking: bool) -> out.ThinkingOut | out.RedactedThinkingOut | None:
    """Return thoughts in plain words if they are to be shown, otherwise in their opaque form, if they have one."""
    text = thinking_text(item)
    if text and shows_thinking:
        return out.ThinkingOut(text, item.encrypted or "")
    if item.encrypted is None:
        return None
    return out.ThinkingOut("", item.encrypted) if text else out.RedactedThinkingOut(item.encrypted)
