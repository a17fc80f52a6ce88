"""What the service tells a small model beside a request: the tools that it likely means, and what likely fills them.

Computed without the model (`relevance`, `drafts`) and the same in training and in service. It knows nothing of prompts.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from tercet.backends.embedded import fit, relevance
from tercet.backends.embedded.apart import SAID, Apart
from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.narrowing import SURE, Draft
from tercet.backends.embedded.drafts.parameters import Parameter, heading, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.reranker import Read, reranker
from tercet.backends.embedded.drafts.segments import listed
from tercet.backends.embedded.meant import Meant, likely
from tercet.backends.embedded.relevance import Kept, level
from tercet.backends.embedded.spoken import MAX_SPOKEN, Spoken

MAX_DRAFTS = 3
"""Tools whose arguments are drafted."""
MAX_CONTINUED = 24
"""Tools up to which the arguments of all of them are drafted behind a result."""
CLEAR = 3
"""Level from which a clause counts as a request of its own."""
PLANNED = 4
"""Level that every request of a message needs for its calls to be settled."""
QUOTED = 0.9
"""Likelihood from which a parameter counts as one whose values people say as they are."""
REWORDED = 0.6
"""Likelihood of being said as it is below which a text is not held even to a draft that is nearly sure."""
SPOKEN_OF, SPOKEN_OF_TRUTH = 0.2, 0.4
"""Chance of its likeliest value below which nothing is taken to speak of a choice, and of a boolean."""
TOO_MANY = 2
"""Values that a call needs and nobody said from which it is not made: of the training sources' calls 1 in 75 lacks as
many, of their questions back 4 in 10."""
UNMEANT = 0.4
"""Likelihood of the likeliest tool below which none is called, but for one that is given the link that it needs: that
one goes before all that are not clearly meant."""
MOST = 0.999
"""Likelihood above which one tool is no likelier than another."""
SILENT = 0.03
"""Chance below which nothing in a request can be a parameter's value."""
MAX_VALUE = 300
"""Characters of a value that is told; longer ones are left to the model."""


class Said(NamedTuple):
    """A likely value as JSON, and how likely it is: a level as `relevance.level` counts them."""

    level: int
    json: str


class Field(NamedTuple):
    """A parameter's name and its likely values as they are said, in order; none where it is needed and was not said."""

    name: str
    said: tuple[Said, ...]


class Hint(NamedTuple):
    """A tool's name, how likely it is meant, and what of its arguments can be told."""

    level: int
    name: str
    fields: tuple[Field, ...]


class _Weighed(NamedTuple):
    """How likely each tool is meant, and of the nearest ones the parameters for which there are likely values."""

    chances: Mapping[str, float]
    fields: Mapping[str, list[assignment.Field]]
    by_words: Mapping[str, float]
    """How likely each is by its words alone."""


class Offered:
    """The tools of one request, each given as JSON: name, description, parameters."""

    def __init__(self, tools: Sequence[bytes]) -> None:
        self._relevance = relevance.Offered(tools)
        self._tools = {known.name: tool for known, tool in zip(self._relevance.profiles, tools, strict=True)}
        self._digests = {name: hashlib.blake2b(tool, digest_size=16).digest() for name, tool in self._tools.items()}
        self.apart = Apart(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The tools' names."""
        return tuple(self._tools)

    def hints(self, said: Spoken) -> tuple[Hint, ...]:
        """Return the tools that a request likely means, the likeliest first, with drafts of their arguments."""
        meant = self._meant(said)
        return tuple(
            Hint(each.level, each.name, self._outline(each, is_whole=place == 0 or each.is_one_of_several))
            for place, each in enumerate(meant)
        )

    def drafts(self, said: Spoken) -> dict[str, Draft]:
        """Return what every request for a tool says of its arguments, by the tool's name."""
        found: dict[str, list[assignment.Field]] = {}
        for meant in self._meant(said):
            fields = meant.fields if meant.is_one_of_several else self._together(meant)
            found[meant.name] = _common(found[meant.name], fields) if meant.name in found else fields
        return {name: self._draft(said, name, fields) for name, fields in found.items()}

    def _together(self, meant: Meant) -> list[assignment.Field]:
        """Return what one request says of its tool's arguments: of each that takes one value the one that is likely
        beside all others."""
        chosen = assignment.chosen(self.parameters(meant.name), self._values(meant.said, meant.name))
        return [chosen.get(field.name, field) for field in meant.fields]

    def chances(self, said: Spoken) -> Mapping[str, float]:
        """Return how likely each tool is meant."""
        return self._weighed(said).chances

    def shares(self, said: Spoken) -> dict[str, float]:
        """Return how likely each tool is the right one if one of them is: its part of all odds."""
        odds = {name: min(chance, MOST) / (1 - min(chance, MOST)) for name, chance in self.chances(said).items()}
        return {name: each / (sum(odds.values()) or 1.0) for name, each in odds.items()}

    def nearest(self, said: Spoken) -> list[tuple[str, float]]:
        """Return the tools that a request likely means by its words, the likeliest first, each with how likely."""
        return _likeliest(self.by_words(said))

    def by_words(self, said: Spoken) -> dict[str, float]:
        """Return how likely each tool is meant by the words of a request alone."""
        return dict(zip(self._tools, self._relevance.chances(said.text), strict=True))

    def _weighed(self, said: Spoken) -> _Weighed:
        """Return how likely each tool is meant, the nearest given what is said of their arguments; found once."""
        return _WEIGHED.get(_digest(said) + self._relevance.digest, partial(self._weigh, said))

    def _weigh(self, said: Spoken) -> _Weighed:
        chances = self.by_words(said)
        near = _likeliest(chances)
        fields = {name: self.draft_fields(said, name) for name, _ in near}
        weighed = {
            name: fit.likelihood(chance, self.parameters(name), fields[name], self.tool_score(said, name))
            for name, chance in near
        }
        return _Weighed(chances | weighed, fields, chances)

    def unlikely(self, said: Spoken, allowed: Collection[str]) -> frozenset[str]:
        """Return the tools that a request means less than another that is allowed."""
        chances = self.chances(said)
        return frozenset(self._tools) - {max(allowed, key=lambda name: chances.get(name, 0.0), default="")}

    def draft(self, said: Spoken, name: str) -> Draft:
        """Return what is said of the arguments of a tool, or known of them from earlier calls and results."""
        return self._draft(said, name, self.draft_fields(said, name))

    def lent(self, draft: Draft, name: str, said: Spoken) -> Draft:
        """Return a draft with what a call needs and the draft lacks, from what else was said in a conversation."""
        told = {field.name for field in draft.fields if field.chance >= SURE}
        lacking = {each.name for each in self.parameters(name) if each.is_needed and each.name not in told}
        found = self.draft_fields(said, name) if lacking else []
        lent = [field for field in found if field.name in lacking and field.chance >= SURE]
        names = {field.name for field in lent}
        return draft._replace(fields=[*(field for field in draft.fields if field.name not in names), *lent])

    def continued(self, said: Spoken) -> dict[str, Draft]:
        """Return the draft of each tool that may go on behind results."""
        return {name: self.draft(said, name) for name in self.followers}

    @property
    def followers(self) -> tuple[str, ...]:
        """The tools that may go on behind results: all that are offered, none where those are too many."""
        return tuple(self._tools) if len(self._tools) <= MAX_CONTINUED else ()

    def settled(self, said: Spoken, name: str) -> Draft:
        """Return what a call of a tool is given, one value each."""
        fields = assignment.record(self.request(said), self.parameters(name), self._values(said, name))
        return self._draft(said, name, fields)._replace(quotes={}, is_settled=True)

    def plan(self, said: Spoken) -> list[tuple[str, Draft]]:
        """Return the tools that are asked for one after the other, with their drafts, if that is clear of all."""
        meant = self._meant(said)
        is_plan = len(meant) > 1 and all(each.is_one_of_several and self._is_clear(each) for each in meant)
        return [(each.name, self._draft(each.said, each.name, each.fields)) for each in meant] if is_plan else []

    def is_complete(self, said: Spoken, allowed: Collection[str]) -> bool:
        """Say whether a request clearly asks for a tool that is allowed and needs something, and likely says all of
        that."""
        meant = [each for each in self._meant(said)[:1] if each.name in allowed]
        return bool(meant) and meant[0].level >= CLEAR and self._is_whole(meant[0], assignment.MIN_CHANCE)

    def needed(self, said: Spoken) -> list[float]:
        """Return how likely each value is said that the tool needs that a request clearly means, of those that people
        say as they are."""
        meant = self._meant(said)[:1]
        if not meant or meant[0].level < CLEAR:
            return []
        told = {field.name: field.chance for field in meant[0].fields}
        needed = [each for each in self.parameters(meant[0].name) if each.is_needed]
        return [told.get(each.name, 0.0) for each in needed if _is_said_as_it_is(each)]

    def uncallable(self, said: Spoken, allowed: Collection[str]) -> frozenset[str]:
        """Return the tools that a request is not to be answered with: all but the likeliest allowed one of those that
        it may mean and says enough for. Where it hardly means any, all of them."""
        meant = self._meant(said)[:MAX_DRAFTS]
        if not meant or meant[0].is_one_of_several:
            return frozenset()
        most = max(self.chances(said).values())
        opener = self._opener(said) if level(most) < CLEAR else ""
        if opener or most < UNMEANT:
            return frozenset(self._tools) - {opener}
        enough = [each.name for each in meant if each.name in allowed and self._num_lacking(each) < TOO_MANY]
        return frozenset(self._tools).difference(enough[:1])

    def _opener(self, said: Spoken) -> str:
        """Return the tool that needs a link, where a request gives one and all else that is needed; else nothing."""
        return next((name for name in self._tools if self._takes_link(name) and self.says_all(said, name)), "")

    def _takes_link(self, name: str) -> bool:
        """Say whether a call of a tool needs a link, which people give with few words: `Open http://…`."""
        return any(each.is_needed and "link" in each.kinds for each in self.parameters(name))

    def says_all(self, said: Spoken, name: str) -> bool:
        """Say whether a request likely says all that a call of a tool needs, and that is something; what the schema
        offers to choose from aside."""
        found = {field.name: field.chance for field in self.draft_fields(said, name)}
        needed = [each.name for each in self.parameters(name) if each.is_needed and not each.choices]
        return bool(needed) and all(found.get(each, 0.0) >= SURE for each in needed)

    def missing(self, said: Spoken, all_said: Spoken) -> tuple[Parameter, ...]:
        """Return what the tool that a request means needs and that nobody said in the whole conversation, where a call
        of it would be made up."""
        meant = self._meant(said)[:1]
        if not meant or meant[0].is_one_of_several or meant[0].level < relevance.MIN_LEVEL:
            return ()
        silent = tuple(each for each in self._lacking(meant[0]) if self._is_silent(all_said, each))
        is_sure = self._num_lacking(meant[0]) >= TOO_MANY or meant[0].level >= CLEAR
        return silent if is_sure and any(map(_is_said_as_it_is, silent)) else ()

    def lacking(self, said: Spoken) -> tuple[Parameter, ...]:
        """Return what the tool that a request likely means needs and nothing speaks of, if people would say that."""
        meant = self._meant(said)[:1]
        found = () if not meant or meant[0].is_one_of_several else tuple(self._lacking(meant[0]))
        return found if any(map(_is_said_as_it_is, found)) else ()

    def _is_silent(self, said: Spoken, parameter: Parameter) -> bool:
        """Say whether nothing in a request is at all likely a parameter's value."""
        return max((each.chance for each in scorer.scores(self.request(said), parameter)), default=0.0) < SILENT

    def _num_lacking(self, meant: Meant) -> int:
        """Return how many numbers, and texts that people say as they are, a call needs and nothing speaks of."""
        return sum(map(_is_said_as_it_is, self._lacking(meant)))

    def _lacking(self, meant: Meant) -> list[Parameter]:
        """Return what a call needs and has no likely value for."""
        said = {field.name for field in meant.fields}
        return [each for each in self.parameters(meant.name) if each.is_needed and each.name not in said]

    def _is_clear(self, meant: Meant) -> bool:
        """Say whether a request is surely one: it names its tool, or says all that the tool needs."""
        return meant.level >= PLANNED or self._is_whole(meant)

    def _is_whole(self, meant: Meant, least: float = SAID) -> bool:
        """Say whether the call needs anything, and a request says all of it."""
        said = {field.name for field in meant.fields if field.chance >= least}
        needed = {each.name for each in self.parameters(meant.name) if each.is_needed}
        return bool(needed) and needed <= said

    def _draft(self, said: Spoken, name: str, fields: Sequence[assignment.Field]) -> Draft:
        """Return what of a call can be held to: not what people say in other words, such as an expression."""
        texts = tuple(dict.fromkeys(each.value for each in self.request(said).texts if not each.is_torn))
        open_texts = {each.name: scorer.quotable(each) for each in self.parameters(name) if scorer.is_open_text(each)}
        held = [field for field in fields if open_texts.get(field.name, 1.0) >= REWORDED]
        quotes = {name: texts for name, chance in open_texts.items() if texts and chance >= QUOTED}
        rows = listed(said.text, self.parameters(name))
        chances = {field.name: field.chance for field in fields}
        options = (each for each in self.parameters(name) if each.choices and each.kind != "boolean")
        spoken_of = frozenset(each.name for each in options if chances.get(each.name, 0.0) >= SPOKEN_OF)
        return Draft(held, quotes, frozenset(self._unsaid(said, name, fields)), spoken_of, rows=rows)

    def unsaid(self, all_said: Spoken, name: str) -> frozenset[str]:
        """Return what a call may leave out and nothing in a conversation speaks of; nothing if that is too long."""
        is_read = len(all_said.text) <= MAX_SPOKEN
        return frozenset(self._unsaid(all_said, name, self.draft_fields(all_said, name)) if is_read else ())

    def _unsaid(self, request: Spoken, name: str, fields: Sequence[assignment.Field]) -> Iterator[str]:
        """Yield what a call may leave out and nothing speaks of: a choice or text without a word of it, a number where
        every number is another parameter's. What people say in other words, like an expression, may still be meant."""
        said = {field.name: field.chance for field in fields}
        taken = [value for field in fields for value in likely(field)]
        numbers = self.request(request).numbers
        is_free = any(assignment.is_free(number, taken) for number in numbers)
        for each in self.parameters(name):
            if each.choices:
                least = SPOKEN_OF_TRUTH if each.kind == "boolean" else SPOKEN_OF
                is_silent = said.get(each.name, 0.0) < least
            elif each.kind == "number":
                is_silent = each.name not in said and not is_free
            else:
                is_silent = each.kind == "string" and each.name not in said and scorer.quotable(each) >= REWORDED
            if is_silent and not each.is_needed:
                yield each.name

    def _meant(self, said: Spoken) -> list[Meant]:
        """Return what is asked for, found once for hints, drafts and plan."""
        return _MEANT.get(_digest(said) + self._relevance.digest, partial(self._found, said))

    def _found(self, said: Spoken) -> list[Meant]:
        """Return what is asked for: the requests of the last message in order if it makes several, else the tools that
        may be meant."""
        chances, fields, _ = self._weighed(said)
        if requests := self.apart.of_tools(said):
            return requests
        meant = [
            Meant(level(chances[name]), name, fields[name] if place < MAX_DRAFTS else [], said)
            for place, name in enumerate(sorted(fields, key=lambda name: -chances[name]))
            if place == 0 or level(chances[name]) >= relevance.MIN_LEVEL
        ]
        is_meant = bool(meant) and meant[0].level >= relevance.MIN_LEVEL
        return (self.apart.of_one(meant[0], said) if is_meant else []) or meant

    def _outline(self, meant: Meant, *, is_whole: bool) -> tuple[Field, ...]:
        """Return what is told of a tool's arguments, in its order; `is_whole`: also what is needed and was not said."""
        offered = self.parameters(meant.name)
        missing = {each.name: Field(each.name, ()) for each in offered if is_whole and each.is_needed}
        found = {**missing, **{field.name: _told(field) for field in meant.fields}}
        return tuple(filter(None, map(found.get, dict.fromkeys(each.name for each in offered))))

    def draft_fields(self, said: Spoken, name: str) -> list[assignment.Field]:
        """Return the parameters of a tool for which a request has likely values."""
        return assignment.fields(self.request(said), self.parameters(name), self._values(said, name))

    def _values(self, said: Spoken, name: str) -> assignment.Weighed:
        """Return the likely values of a tool's parameters; found once."""
        return _VALUES.get(_digest(said) + self._digests[name], partial(self._found_values, said, name))

    def scored(self, said: Spoken, name: str) -> list[list[scorer.Value]]:
        """Return what a text may say of each parameter of a tool."""
        return scorer.scored(self.request(said), self.parameters(name), self._read(said, name))

    def _found_values(self, said: Spoken, name: str) -> assignment.Weighed:
        return assignment.weigh(self.request(said), self.parameters(name), self._read(said, name))

    def _read(self, said: Spoken, name: str) -> Read | None:
        """Return a request as it is read together with a tool, if that is not too much; found once."""
        return _READ.get(_digest(said) + self._digests[name], partial(self._found_read, said, name))

    def tool_score(self, said: Spoken, name: str) -> float | None:
        """Return the score of a tool for a request that was read together with it, if it was; none behind results,
        which may have what the request lacks."""
        read_out = None if said.known else self._read(said, name)
        return None if read_out is None else read_out.tool_score

    def _found_read(self, said: Spoken, name: str) -> Read | None:
        return reranker().read(self.request(said), heading(self._tools[name]), self.parameters(name))

    @staticmethod
    def request(said: Spoken) -> Request:
        """Return what was found in a request."""
        return _REQUESTS.get(_digest(said), partial(read, said._replace(text=said.text[:MAX_SPOKEN])))

    def parameters(self, name: str) -> tuple[Parameter, ...]:
        """Return the parameters of a tool."""
        return _PARAMETERS.get(self._digests[name], partial(parameters, self._tools[name]))


def _likeliest(chances: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the likeliest tools, as many as may be told."""
    return sorted(chances.items(), key=lambda each: -each[1])[: relevance.MAX_HINTS]


def _is_said_as_it_is(parameter: Parameter) -> bool:
    """Say whether a parameter takes numbers, or texts that people say as they are."""
    is_number = parameter.kind == "number" and not parameter.choices
    return is_number or (scorer.is_open_text(parameter) and scorer.quotable(parameter) >= REWORDED)


_MEANT: Kept[list[Meant]] = Kept(1024)
_WEIGHED: Kept[_Weighed] = Kept(256)
_VALUES: Kept[assignment.Weighed] = Kept(256)
_READ: Kept[Read | None] = Kept(64)
_REQUESTS: Kept[Request] = Kept(256)
_PARAMETERS: Kept[tuple[Parameter, ...]] = Kept(relevance.MAX_KEPT_TOOLS)


def _digest(said: Spoken) -> bytes:
    return hashlib.blake2b(repr(said).encode(), digest_size=16).digest()


def _common(fields: Sequence[assignment.Field], others: Sequence[assignment.Field]) -> list[assignment.Field]:
    """Return the fields that both have, with the values of both."""
    more = {field.name: field.values for field in others}
    return [field._replace(values=field.values + more[field.name]) for field in fields if field.name in more]


def _told(field: assignment.Field) -> Field | None:
    said = [Said(level(value.chance), compact(value.value)) for value in field.values]
    kept = tuple(each for each in said if len(each.json) <= MAX_VALUE)
    return Field(field.name, kept) if kept else None


def compact(value: Any) -> str:
    """Return `value` as JSON without spaces, as the family writes its arguments."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
