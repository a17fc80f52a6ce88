"""Messages taken apart into the requests that they likely make: for different tools, and for one several times.

It knows what is offered through `Tools` alone; how a message can be read, and how likely that is meant, is told by
`stretches`, `repeats` and `several`.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from tercet.backends.embedded import repeats, several
from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.pieces import clauses
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
    def scored(self, said: Spoken, name: str) -> list[list[scorer.Value]]: ...
    def draft_fields(self, said: Spoken, name: str) -> list[assignment.Field]: ...
    def chances(self, said: Spoken) -> Mapping[str, float]: ...
    def by_words(self, said: Spoken) -> Mapping[str, float]: ...


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
        most = max(self._tools.chances(last).values()) if found else 0.0
        if not found or several.likelihood("tools", several.of_tools(last.text, found, most)) < SEVERAL:
            return []
        requests = [self._meant(last, reading) for reading in found]
        if self._is_one(requests):
            return []
        return self._completed([one for request in requests for one in self._each_of(request)], said)

    def of_one(self, meant: Meant, said: Spoken) -> list[Meant]:
        """Return the requests that the last message likely makes, if those are several for the tool that is meant; else
        none."""
        found = self._each_of(meant)
        return self._completed(found, said) if len(found) > 1 else []

    def repeated(self, said: Spoken, name: str, whole: Sequence[assignment.Field]) -> list[repeats.Part]:
        """Return the requests for one tool that a message can be read as; `whole`: what it says if it is one."""
        offered = self._tools.parameters(name)
        return repeats.parts(said.text, lambda text: self._tools.request(Spoken(text)), offered, whole)

    def _reading(self, said: Spoken, stretch: Stretch) -> several.Reading:
        alone = Spoken(said.text[stretch.start : stretch.end])
        chances = self._tools.chances(alone)
        fields = [each for text in (alone, said) for each in self._tools.draft_fields(text, stretch.name)]
        told = {field.name for field in fields if field.chance >= SAID}
        lacking = sum(each.is_needed and each.name not in told for each in self._tools.parameters(stretch.name))
        return several.Reading(stretch, chances[stretch.name], max(chances.values()), lacking)

    def _meant(self, said: Spoken, reading: several.Reading) -> Meant:
        stretch = reading.stretch
        alone = Spoken(said.text[stretch.start : stretch.end])
        chance = max(reading.chance, stretch.chance)
        return Meant(level(chance), stretch.name, self._tools.draft_fields(alone, stretch.name), alone)

    def _each_of(self, meant: Meant) -> list[Meant]:
        """Return a request as those for the same tool that its last message likely makes."""
        said, offered = Spoken(meant.said.last[:MAX_SPOKEN]), self._tools.parameters(meant.name)
        whole = meant.fields if said == meant.said else self._tools.draft_fields(said, meant.name)
        one = meant._replace(fields=list(whole), said=said)
        if aligned := self._aligned(one):
            return aligned
        counted = self._counted(one)
        found = self.repeated(said, meant.name, whole)
        if found and several.likelihood("repeats", several.of_repeats(said.text, found, offered, whole)) < SEVERAL:
            found = []
        if len(found) < len(counted) or not found:
            return counted or self._in_turn(one) or [meant]
        return [self._part(meant, said, part, whole) for part in repeats.completed(said.text, found, offered)]

    @staticmethod
    def _aligned(meant: Meant) -> list[Meant]:
        """Return a request as one for each place in enumerations that are as long as each other, one behind the other:
        `rates of 0.2 and 0.5 for 3 and 6 hours`."""
        text = meant.said.text.lower()
        runs = {field.name: likely(field) for field in meant.fields if not field.is_list}
        runs = {
            name: values
            for name, values in runs.items()
            if len(values) > 1 and values[0].end and assignment.are_enumerated(values, text)
        }
        order = sorted(runs.values(), key=lambda values: values[0].start)
        count = len(order[0]) if order else 0
        is_apart = all(one[-1].end <= other[0].start for one, other in pairwise(order))
        if (
            len(order) < 2
            or any(len(values) != count for values in order)
            or not is_apart
            or repeats.OF_ALL.search(text)
        ):
            return []
        return [
            meant._replace(
                fields=[
                    field._replace(values=(runs[field.name][place],)) if field.name in runs else field
                    for field in meant.fields
                ]
            )
            for place in range(count)
        ]

    def _counted(self, meant: Meant) -> list[Meant]:
        """Return a request as one for each number of a series where one number is taken: `for 1, 5 and 10 years`."""
        text = meant.said.text.lower()
        numbers = {each.name for each in self._tools.parameters(meant.name) if each.kind == "number"}
        for field in meant.fields:
            values = likely(field) if field.name in numbers and not field.is_list else []
            if len(values) >= assignment.MIN_RUN and assignment.are_enumerated(values, text):
                others = [each for each in meant.fields if each.name != field.name]
                return [meant._replace(fields=[*others, field._replace(values=(value,))]) for value in values]
        return []

    def _in_turn(self, meant: Meant) -> list[Meant]:
        """Return a request as those whose values stand one behind the other; none where it makes one."""
        offered = self._tools.parameters(meant.name)
        found = repeats.in_turn(self._tools.scored(meant.said, meant.name), offered)
        fields = {field.name: field for field in meant.fields}
        return [
            meant._replace(fields=list((fields | self._of_values(meant.name, values, fields)).values()))
            for values in found
        ]

    def _part(self, meant: Meant, said: Spoken, part: repeats.Part, whole: Sequence[assignment.Field]) -> Meant:
        """Return one of several requests for a tool. What its own words imply of choices goes before what others say
        for it, and what all of them imply comes last."""
        alone = Spoken(said.text[part.start : part.end])
        drafted = self._tools.draft_fields(alone, meant.name)
        implied = [field for field in drafted if not field.likeliest.end and field.chance >= SAID]
        fields = {field.name: field for field in (*(each for each in whole if not each.likeliest.end), *drafted)}
        fields |= self._of_values(meant.name, part.lent, fields)
        fields |= {field.name: field for field in implied}
        fields |= self._of_values(meant.name, part.values, fields)
        return meant._replace(said=alone, fields=list(fields.values()))

    def _of_values(
        self, name: str, values: Mapping[int, scorer.Value], drafted: Mapping[str, assignment.Field]
    ) -> dict[str, assignment.Field]:
        """Return values by the place of a parameter as fields; lists as they are drafted, if they are."""
        offered = [(self._tools.parameters(name)[place], value) for place, value in values.items()]
        return {
            each.name: assignment.Field(each.name, (value,), each.is_list, each.row)
            for each, value in offered
            if not each.is_list or isinstance(value.value, list) or each.name not in drafted
        }

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
