"""From what is told a session on the wire to inputs of the service, and what of it is refused by name."""

from collections.abc import Sequence

from tercet.api.openai.agents import session_wire as wire
from tercet.api.wire import check_image_url
from tercet.errors import InvalidRequest, Unsupported
from tercet.items import ImagePart, Message, Part, TextPart
from tercet.service.sessions import ApprovalAnswer, CancelTurn, FunctionResult, Input, UserInput


def read_input(given: str | list[wire.InputMessage] | None, place: str = "input") -> tuple[Message, ...]:
    """Return the messages of a first input, which may be a text. Raises `InvalidRequest`."""
    if given is None:
        return ()
    if isinstance(given, str):
        if not given:
            raise InvalidRequest(f"Invalid value for {place!r}: it is empty.", param=place, code="invalid_value")
        return (Message("user", (TextPart(given),)),)
    return read_messages(given, place)


def read_messages(given: Sequence[wire.InputMessage], place: str) -> tuple[Message, ...]:
    """Return the user's messages. Raises `InvalidRequest`."""
    return tuple(
        Message("user", _parts(message.content, f"{place}[{index}].content")) for index, message in enumerate(given)
    )


def read_events(request: wire.EventsRequest) -> tuple[Input, ...]:
    """Return the inputs of a session. Raises `InvalidRequest`."""
    return tuple(_event(event, f"events[{index}]") for index, event in enumerate(request.events))


def _event(event: wire.InputEvent, place: str) -> Input:
    match event:
        case wire.MessageInput(messages):
            return UserInput(read_messages(messages, f"{place}.input"))
        case wire.CancelInput():
            return CancelTurn()
        case wire.ApprovalResult(request_id, response):
            return ApprovalAnswer(request_id, response.decision)
        case wire.ToolResult():
            return _result(event, place)
        case wire.ComputerResult():
            raise Unsupported(
                "Browsers here ask for no logins and origins: what needs a person is asked for as an "
                "'mcp_approval_request'.",
                param=f"{place}.type",
            )


def _result(event: wire.ToolResult, place: str) -> FunctionResult:
    if event.success and event.error is not None:
        raise _contradiction(f"{place}.error", "a call that succeeded has no error")
    if not event.success and event.output is not None:
        raise _contradiction(f"{place}.output", "a call that failed has an error in place of an output")
    if not event.success:
        return FunctionResult(event.turn_id, event.call_id, error=event.error or "The function failed.")
    if event.output is None or isinstance(event.output, str):
        return FunctionResult(event.turn_id, event.call_id, (TextPart(event.output or ""),))
    return FunctionResult(event.turn_id, event.call_id, _parts(event.output, f"{place}.output"))


def _parts(given: Sequence[wire.InputPart], place: str) -> tuple[Part, ...]:
    return tuple(
        TextPart(part.text)
        if isinstance(part, wire.InputText)
        else ImagePart(check_image_url(part.image_url, f"{place}[{index}].image_url"))
        for index, part in enumerate(given)
    )


def _contradiction(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
