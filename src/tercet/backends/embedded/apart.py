"""Messages taken apart into the requests that they likely make: for different tools, and for one several times.

It knows what is offered through `Tools` alone; how a message can be read, and how likely that is meant, is told by
`stretches`, `repeats` and `several`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from tercet.backends.embedded import repeats, several
from tercet.backends.embedded.drafts import assignment
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.pieces import clauses
from tercet.backends.embedded.drafts.sequences import Focus, Mark
from tercet.backends.embedded.meant import Meant, likely
from tercet.backends.embedded.relevance import level
from tercet.backends.embedded.spoken import MAX_SPOKEN, Spoken
from tercet.backends.embedded.stretches import Stretch, stretches

MAX_REQUESTS = 8
"""Requests of one message that are told apart."""
SEVERAL = 0.5
"""Likelihood from which a message that can be read as several requests is taken for them."""
NAMED = 0.2
"""Likelihood by its words alone from which a piece may ask for a tool."""
SAID = 0.4
"""Chance from which what a call needs counts as said, and what is implied as chosen."""
ALTERNATIVE = 2
"""Parameters that two tools need both from which they are other ways to do the same."""


class Tools(Protocol):
    """The tools of a request, and what messages say of them."""

    @property
    def names(self) -> Sequence[str]: ...
    def parameters(self, name: str) -> Sequence[Parameter]: ...
    def request(self, said: Spoken) -> Request: ...
    def draft_fields(self, said: Spoken, name: str, marks: Sequence[Mark] = ()) -> list[assignment.Field]: ...
    def settled_fields(self, said: Spoken, name: str, marks: Sequence[Mark] = ()) -> list[assignment.Field]: ...
    def several_score(self, said: Spoken, name: str, marks: Sequence[Mark] = ()) -> float: ...
    def chances(self, said: Spoken) -> Mapping[str, float]: ...
    def by_words(self, said: Spoken) -> Mapping[str, float]: ...


class _Reading(NamedTuple):
    """A message that is read for a tool."""

    tools: Tools
    said: Spoken
    name: str

    @property
    def text(self) -> str:
        return self.said.text

    def fields(self, marks: Sequence[Mark]) -> Sequence[assignment.Field]:
        """Return the parameters for which it has likely values."""
        return self.tools.draft_fields(self.said, self.name, marks)

    def settled(self, marks: Sequence[Mark]) -> Sequence[assignment.Field]:
        """Return the same with one value each, chosen together."""
        return self.tools.settled_fields(self.said, self.name, marks)

    def several(self, marks: Sequence[Mark]) -> float:
        """Return the logarithm of the odds that it asks for several calls."""
        return self.tools.several_score(self.said, self.name, marks)


class Apart:
    """Takes messages apart."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def readings(self, said: Spoken) -> list[several.Reading]:
        """Return the stretches of a message that may ask for different tools; none where it asks for one."""
        if len(self._tools.names) < 2:
            return []
        places = clauses(said.text, self._tools.request(said))
        alone = [Spoken(said.text[start:end]) for start, end in places]
        tops = [max(words.items(), key=lambda each: each[1]) for words in map(self._tools.by_words, alone)]
        if len({name for name, chance in tops if chance >= NAMED}) < 2:
            return []
        return [self._reading(said, stretch) for stretch in stretches(places, list(map(self._tools.chances, alone)))]

    def of_tools(self, said: Spoken) -> list[Meant]:
        """Return the requests that the last message likely makes, if those are for different tools; else none."""
        last = Spoken(said.last[:MAX_SPOKEN])
        found = self.readings(last)
        whole = self._tools.chances(last) if found else {}
        if not found or several.likelihood("tools", several.of_tools(last.text, found, whole)) < SEVERAL:
            return []
        requests = [self._meant(last, reading, found) for reading in found]
        if self._is_one(requests):
            return []
        return self._completed([one for request in requests for one in self._each_of(request)], said)

    def of_one(self, meant: Meant, said: Spoken) -> list[Meant]:
        """Return the requests that the last message likely makes, if those are several for the tool that is meant; else
        none."""
        found = self._each_of(meant)
        return self._completed(found, said) if len(found) > 1 else []

    def repeated(self, said: Spoken, name: str, marks: Sequence[Mark] = ()) -> list[repeats.Call]:
        """Return the calls of one tool that a message, or a part of it, can be read as."""
        return repeats.calls(_Reading(self._tools, said, name), self._tools.parameters(name), marks)

    def _reading(self, said: Spoken, stretch: Stretch) -> several.Reading:
        alone = Spoken(said.text[stretch.start : stretch.end])
        chances = self._tools.chances(alone)
        fields = [each for text in (alone, said) for each in self._tools.draft_fields(text, stretch.name)]
        told = {field.name for field in fields if field.chance >= SAID}
        lacking = sum(each.is_needed and each.name not in told for each in self._tools.parameters(stretch.name))
        return several.Reading(stretch, chances[stretch.name], max(chances.values()), lacking)

    def _meant(self, said: Spoken, reading: several.Reading, all_readings: Sequence[several.Reading]) -> Meant:
        """Return what a stretch asks for, read with the whole message around it."""
        stretch = reading.stretch
        outside = (each.stretch for each in all_readings if each is not reading)
        marks = (
            *(Mark(each.start, each.end, Focus.OUTSIDE) for each in outside),
            Mark(stretch.start, stretch.end, Focus.WITHIN),
        )
        chance = max(reading.chance, stretch.chance)
        fields = self._tools.draft_fields(said, stretch.name, marks)
        return Meant(level(chance), stretch.name, fields, said, marks=marks)

    def _each_of(self, meant: Meant) -> list[Meant]:
        """Return a request as those for the same tool that its last message likely makes."""
        said = Spoken(meant.said.last[:MAX_SPOKEN])
        found, offered = self.repeated(said, meant.name, meant.marks), self._tools.parameters(meant.name)
        score = self._tools.several_score(said, meant.name, meant.marks)
        if not found or several.likelihood("repeats", several.of_repeats(said.text, found, offered, score)) < SEVERAL:
            return [meant]
        return [meant._replace(said=said, fields=call.given, marks=call.marks) for call in found]

    def _is_one(self, requests: Sequence[Meant]) -> bool:
        """Say whether two requests for different tools are one: the tools need the same, and one request says nothing
        of that: `Fly from Oslo to Rome. I prefer an aisle seat.`"""
        if len(requests) != 2 or requests[0].name == requests[1].name:
            return False
        needed = [{each.name for each in self._tools.parameters(meant.name) if each.is_needed} for meant in requests]
        common = needed[0] & needed[1]
        said = [{field.name for field in meant.fields} for meant in requests]
        return len(common) >= ALTERNATIVE and any(common.isdisjoint(names) for names in said)

    def _completed(self, requests: Sequence[Meant], whole: Spoken) -> list[Meant]:
        """Return requests of one message, each with what its call needs and its part lacks, from the whole."""
        return [
            each._replace(is_one_of_several=True, fields=self._with_needed(each, whole))
            for each in requests[:MAX_REQUESTS]
        ]

    def _with_needed(self, meant: Meant, whole: Spoken) -> list[assignment.Field]:
        offered = self._tools.parameters(meant.name)
        said = {field.name: field for field in meant.fields}
        missing = [each.name for each in offered if each.is_needed and each.name not in said]
        if missing:
            elsewhere = {field.name: field for field in self._tools.draft_fields(whole, meant.name)}
            said |= {name: elsewhere[name] for name in missing if name in elsewhere and likely(elsewhere[name])}
        return [said[each.name] for each in offered if each.name in said]
