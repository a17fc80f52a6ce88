"""Which stretch of a text answers a question: the likeliest of those in the sentences that share its words.

Each stretch is described by how near it stands to the question's words, by what kind of thing it is against the kind
that the question wants, and by where it begins and ends. What that is worth was learnt
(`training/stages/plain.py`), as one hidden layer over the description.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tercet.backends.embedded.plain.learnt import learnt
from tercet.backends.embedded.plain.sentences import Sentence, sentences
from tercet.backends.embedded.relevance import alike, direction, likeness, stem
from tercet.backends.embedded.telling.questions import Part, parts
from tercet.backends.embedded.wording.kinds import kinds_of, likeness_of, wanted_kinds
from tercet.backends.embedded.wording.letters import labelled_in
from tercet.backends.embedded.wording.words import Word, words
from tercet.numerals import numbers_in

MAX_READ, MAX_READ_WORDS = 14, 200
"""Sentences that are read for an answer, those first that have most of the question's words; their words together."""
MAX_RUN, MAX_CLAUSE, MAX_SENTENCE = 7, 24, 90
"""Words of a stretch; of one that is a whole clause; of a sentence."""
MAX_TOLD = 40
"""Stretches that are told of a text."""
ALIKE = 0.4
"""How alike words are that mean about the same."""
_ASKED = ("who", "when", "where", "why", "how", "how many", "how much", "how long", "what", "which", "what time")
_LOOKS = ("name", "word", "lower", "number", "code", "time", "upper", "mixed", "other", "sentence")
_BEFORE = ("the", "a", "of", "in", "at", "on", "for", "to", "from", "by", "with", "is", ":", ",", ".", "and", "(", "")
_CAUSES = frozenset("because since due owing as so after thanks".split())
_PLACES = frozenset("in at to from near into through via towards toward on outside inside behind under".split())
_BREAKS = frozenset(
    ("\n", ";", "?", "!", "(", ")", '"', "“", "”", "—", "–", "|", "•", "*", "[", "]", "{", "}", ">", "<")
)
_OPENS = _BREAKS | {",", ":", "."}
_DATES = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:mon|tues|wednes|thurs|fri|satur"
    r"|sun)day|\b\d{4}\b|\b\d{1,4}[/.-]\d"
    r"|\b(?:today|tomorrow|yesterday|noon|midnight|morning|evening|night|spring|summer|autumn|winter|week"
    r"|month|year)s?\b|\d ?(?:am|pm)\b|\d:\d\d|\bo'clock\b",
    re.IGNORECASE,
)
_LENGTHS = re.compile(
    r"\b(?:second|minute|hour|day|night|week|month|year|decade)s?\b|\d ?(?:min|hrs?|h)\b", re.IGNORECASE
)
_OFTEN = re.compile(
    r"\b(?:daily|weekly|monthly|yearly|hourly|every|each|twice|once|times|per|always|never)\b", re.IGNORECASE
)
_MONEY = re.compile(
    r"[$€£¥₹]|\b(?:euros?|dollars?|pounds?|usd|eur|gbp|yen|cents?|francs?|rupees?|kronor|kr|pesos?|chf|zł"
    r"|rand|naira|baht)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?=\S*\d)[\w#./-]+|[A-Z]{2,}[\w-]*")
_CODES = frozenset(
    map(stem, "number code id reference ref sku serial tracking order invoice ticket case booking version".split())
)


class Question(NamedTuple):
    """What is asked, the stems of its words of meaning, and the kinds of value that it wants."""

    part: Part
    stems: tuple[str, ...]
    kinds: frozenset[str]
    text: str


class Read(NamedTuple):
    """A sentence as words, with what of the question it has."""

    sentence: Sentence
    words: list[Word]
    matched: list[int]
    """Places of words that the question has."""
    worth: float
    """What of the question's words it has, 0 to 1."""
    before: float
    """What the sentence before it has."""
    alike: list[tuple[int, float]]
    """Places of words that mean what other words of the question mean, and how alike they are."""
    rank: int


class Stretch(NamedTuple):
    """A run of words of a sentence that may be the answer: characters of the text, and its description."""

    text: str
    start: int
    end: int
    sentence: Sentence
    features: tuple[float, ...]


_ORDER = re.compile(
    r"^\W*(?:(?:please|pls|kindly|now|then|and|also|so|can|could|would|will|you|me|us|i|need|want"
    r"|would like|to know|just|only)\b[\s,]*)*"
    r"(?:(?:extract|return|output|print|write|list|name|state|give|tell|find|get|identify|quote|copy|show"
    r"|provide|determine|pull|read|mention|look up|pick|answer|reply with|respond with|"
    r"reply|respond|report|send|say|repeat|detect|spell)\b[\s:]*(?:me|us|out|back)?\b\s*)?",
    re.IGNORECASE,
)
"""What a sentence begins with that orders a value, before it names it."""
_LABEL = re.compile(
    r"^\W*(?:question|q|task|frage|pregunta|also|and|hey|hi|hello|ok|great|so|quick question)\b\W*(?=\w)", re.IGNORECASE
)
_SETTING = re.compile(
    r"[\s,]*\b(?:(?:that (?:is|are) )?(?:mentioned |given |stated |named |found |listed )?(?:in|from|of|on"
    r"|below|above) (?:the|this|that|each|every|my|our|following|your|a)\s+(?:\w+ ){0,2}?(?:text|message"
    r"|mail|e-?mail|passage|note|notes|sentence|review|ticket|letter|article|record|"
    r"transcript|log|report|document|paragraph|list|table|chat|form|order|notice|above|below|following"
    r"|user sends|context|input|thread|memo|story|page|announcement)\b|(?:as|in) (?:YYYY|DD|HH|MM|JSON|ISO"
    r"|a (?:json|number|date|list)|an? (?:bullet|numbered)|capitals|lower|upper|one word|digits|double"
    r"|quotes|square|24)|"
    r"and (?:write |return |output |answer |say )?nothing(?: else| more)?|nothing else|only|without"
    r"|with no|no other|comma-separated|separated by|one per|each on|in (?:alphabetical|one|a few|at most"
    r"|the form|square|double|brackets|quotes)).*$",
    re.IGNORECASE | re.DOTALL,
)
"""What says where a value is to be looked for, and in what form it is wanted."""


def question_of(text: str) -> Question:
    """Return what a sentence asks; without a question's word it asks for what it names."""
    text = _LABEL.sub("", text)
    if not text.rstrip().endswith("?"):
        text = _SETTING.sub("", _ORDER.sub("", text, count=1), count=1) or text
    said = [word for word in words(text, most=MAX_SENTENCE) if word.is_word]
    stems = tuple(dict.fromkeys(word.stem for word in said if not word.is_function))
    found = parts(text if text.rstrip().endswith("?") else f"{text}?")
    part = found[0] if found else Part("what", stems[:1], stems[1:])
    return Question(part, stems, frozenset(part.wanted.kinds) | wanted_kinds(part.heads or stems[:1]), text)


def stretches(question: Question, text: str) -> list[Stretch]:
    """Return the stretches of a text that may answer a question, described; none of a text without words."""
    return [stretch for read in _read(question, sentences(text)) for stretch in _of_sentence(question, read, text)]


def _read(question: Question, found: Sequence[Sentence]) -> list[Read]:
    """Return the sentences that have most of the question's words."""
    lower = [each.text.lower() for each in found]
    counts = {each: 1 + sum(each[:6] in text for text in lower) for each in question.stems}
    rarity = {each: math.log(1 + len(found) / count) + 0.3 for each, count in counts.items()}
    rough = [sum(rarity[each] for each in question.stems if each[:6] in text) for text in lower]
    near = sorted(range(len(found)), key=lambda place: -rough[place] - 0.3 * (rough[place - 1] if place else 0.0))[
        : 3 * MAX_READ
    ]
    total = sum(rarity.values()) or 1.0
    worth: dict[int, tuple[float, list[Word], list[int]]] = {}
    asked = frozenset(question.stems)
    for place in near:
        said = words(found[place].text, most=MAX_SENTENCE)
        matched = [at for at, word in enumerate(said) if word.stem in asked and not word.is_function]
        has = sum(rarity[each] for each in {said[at].stem for at in matched})
        worth[place] = (has / total, said, matched)
    best: list[int] = []
    num_words = 0
    for place in sorted(near, key=lambda place: -worth[place][0] - 0.3 * worth.get(place - 1, (0.0,))[0])[:MAX_READ]:
        num_words += len(worth[place][1])
        if best and num_words > MAX_READ_WORDS:
            break
        best.append(place)
    return [
        Read(
            found[place],
            worth[place][1],
            worth[place][2],
            worth[place][0],
            worth.get(place - 1, (0.0,))[0],
            _alike(question, worth[place][1]),
            rank,
        )
        for rank, place in enumerate(best)
    ]


def _alike(question: Question, said: Sequence[Word]) -> list[tuple[int, float]]:
    """Return the words that are most like those words of a question that are not said."""
    own = {word.stem: at for at, word in enumerate(said) if word.is_word and not word.is_function}
    found = []
    for each in question.stems:
        if each in own:
            continue
        best = max(own, key=lambda other: alike(each, other), default=None)
        if best is not None and (how := alike(each, best)) >= ALIKE:
            found.append((own[best], how))
    return found


def covered(question: Question, text: str) -> float:
    """Return what of a question's words the sentence has that has most of them, 0 to 1."""
    return max((read.worth for read in _read(question, sentences(text))), default=0.0)


def _of_sentence(question: Question, read: Read, text: str) -> Iterator[Stretch]:
    for first, last in _runs(read.words):
        start = read.sentence.start + read.words[first].start
        end = read.sentence.start + read.words[last].end
        yield Stretch(text[start:end], start, end, read.sentence, _described(question, read, first, last))


def _runs(said: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield the first and last word of each stretch."""
    for first, word in enumerate(said):
        if not word.is_word:
            continue
        begins_clause = first == 0 or said[first - 1].text in _OPENS or said[first - 1].is_function
        if word.is_function and not (first and said[first - 1].text.lower() in _CAUSES):
            continue
        num_words = 0
        for last in range(first, len(said)):
            end = said[last]
            if end.text in _BREAKS or (end.text == ":" and last > first):
                break
            if not end.is_word:
                continue
            num_words += 1
            is_end = last + 1 == len(said) or said[last + 1].text in _OPENS
            if num_words > (MAX_CLAUSE if begins_clause else MAX_RUN):
                break
            if end.is_function or (num_words > MAX_RUN and not is_end):
                continue
            yield first, last


def _described(question: Question, read: Read, first: int, last: int) -> tuple[float, ...]:
    said, part = read.words, question.part
    own = said[first : last + 1]
    spoken = [word for word in own if word.is_word]
    text = read.sentence.text[own[0].start : own[-1].end]
    before = said[first - 1] if first else None
    behind = said[last + 1] if last + 1 < len(said) else None
    outside = [at for at in read.matched if not first <= at <= last]
    inside = sum(1 for at in read.matched if first <= at <= last)
    distances = [first - at if at < first else at - last for at in outside]
    nearest = min(distances, default=20)
    heads = frozenset(part.heads)
    head_at = [first - at if at < first else at - last for at in outside if said[at].stem in heads]
    kinds = kinds_of(text, is_date=_DATES.search(text) is not None)
    number = next(iter(numbers_in(text)), None)
    is_number = number is not None and number.end - number.start >= len(text) - 1
    has_number = number is not None
    look = likeness_of(text)
    previous = before.text.lower() if before else ""
    two_before = said[first - 2].text.lower() if first > 1 else ""
    is_capital = all(word.is_capital or word.is_function for word in spoken)
    grows = (before is not None and before.is_capital and before.is_word and not before.is_function) or (
        behind is not None and behind.is_capital and behind.is_word
    )
    grows_number = (
        behind is not None
        and behind.is_word
        and not behind.is_function
        and has_number
        and spoken[-1].text[-1:].isdigit()
    )
    word = part.word
    is_money, is_when, is_long = (
        _MONEY.search(text) is not None,
        _DATES.search(text) is not None,
        _LENGTHS.search(text) is not None,
    )
    wants_number = word in ("how many", "how much", "how old", "how far") or part.wanted.is_number
    is_label = first > 1 and said[first - 1].text == ":" and outside and said[first - 2].stem in question.stems
    closeness = (
        likeness(direction(part.heads), direction(tuple(each.stem for each in spoken)))
        if part.heads and len(spoken) < 5
        else 0.0
    )
    starts_clause = before is None or before.text in _OPENS
    ends_clause = behind is None or behind.text in _OPENS
    wants_code = not _CODES.isdisjoint(heads)
    return (
        read.worth,
        read.before,
        1.0 if read.rank == 0 else 0.0,
        min(read.rank, 4) / 4,
        0.0 if read.worth else 1.0,
        inside / len(spoken),
        1.0 if inside == len(spoken) else 0.0,
        1.0 if not question.kinds.isdisjoint(kinds) else 0.0,
        1.0 if question.kinds and question.kinds.isdisjoint(kinds) else 0.0,
        1.0 if wants_number and is_number else 0.0,
        1.0 if wants_number and has_number and not is_number else 0.0,
        1.0 if wants_number and not has_number else 0.0,
        1.0 if not wants_number and is_number else 0.0,
        1.0 if word in ("who", "whom", "whose") and is_capital else 0.0,
        1.0 if word in ("who", "whom", "whose") and not is_capital else 0.0,
        1.0 if word in ("when", "what time", "what day", "what date") and is_when else 0.0,
        1.0 if word in ("when", "what time", "what day", "what date") and not is_when else 0.0,
        1.0 if word == "where" and previous in _PLACES else 0.0,
        1.0 if word == "where" and is_capital else 0.0,
        1.0 if word == "how much" and is_money else 0.0,
        1.0 if word == "how much" and not is_money else 0.0,
        1.0 if word == "how long" and is_long else 0.0,
        1.0 if word == "how long" and not is_long else 0.0,
        1.0 if word == "how often" and _OFTEN.search(text) else 0.0,
        1.0 if word == "why" and (previous in _CAUSES or two_before in _CAUSES) else 0.0,
        1.0 if word == "why" and len(spoken) > 3 else 0.0,
        1.0 if word == "how" and previous in ("by", "with", "using", "through") else 0.0,
        1.0 / nearest,
        1.0 if nearest > 8 else 0.0,
        sum(1.0 / distance for distance in distances),
        1.0 / min(head_at) if head_at else 0.0,
        1.0 if is_label else 0.0,
        1.0 if previous in ("is", "was", "are", "were", "=", "'s", "be") and outside else 0.0,
        1.0 if previous in ("called", "named", "as", "by") else 0.0,
        len(spoken) / 5,
        1.0 if len(spoken) == 1 else 0.0,
        1.0 if len(spoken) > MAX_RUN else 0.0,
        1.0 if is_capital else 0.0,
        1.0 if is_capital and grows else 0.0,
        1.0 if grows_number else 0.0,
        1.0 if starts_clause else 0.0,
        1.0 if ends_clause else 0.0,
        1.0 if starts_clause and ends_clause else 0.0,
        max(0.0, closeness),
        sum(1 for each in spoken if each.is_function) / len(spoken),
        1.0 if wants_code and _CODE.fullmatch(text) else 0.0,
        1.0 if wants_code and not _CODE.fullmatch(text) else 0.0,
        1.0 if look in ("email", "link", "phone", "code", "file") and question.kinds.isdisjoint((look,)) else 0.0,
        1.0 if behind is not None and behind.stem in heads else 0.0,
        1.0 if before is not None and before.stem in heads else 0.0,
        1.0 if outside and first > max(outside) else 0.0,
        sum(how for _, how in read.alike) / (len(question.stems) or 1),
        max((how / _gap(at, first, last) for at, how in read.alike), default=0.0),
        1.0 if any(first <= at <= last for at, _ in read.alike) else 0.0,
        1.0 if last - first > 0 and spoken[0].text[0].isdigit() != spoken[-1].text[0].isdigit() else 0.0,
        *(1.0 if word == each else 0.0 for each in _ASKED),
        *(1.0 if look == each else 0.0 for each in _LOOKS),
        *(1.0 if previous == each else 0.0 for each in _BEFORE),
    )


def _gap(at: int, first: int, last: int) -> int:
    return first - at if at < first else max(1, at - last)


def quoted(question: Question, text: str) -> list[tuple[float, Stretch]]:
    """Return the stretches that may answer a question with how likely each is, the likeliest first."""
    if labelled := _labelled(question, text):
        return [(1.0, labelled)]
    found = stretches(question, text)
    layer = learnt().quoting
    scores = [layer.score(each.features) for each in found]
    most = max(scores, default=0.0)
    masses = [math.exp(score - most) for score in scores]
    total = sum(masses) or 1.0
    ranked = sorted(((mass / total, each) for mass, each in zip(masses, found, strict=True)), key=lambda each: -each[0])
    return [(chance, _whole_name(each, text)) for chance, each in ranked[:MAX_TOLD]]


def _labelled(question: Question, text: str) -> Stretch | None:
    """Return the value of the line whose label a question names: `License: MIT`; None where it names none or two."""
    asked = frozenset(question.stems)
    labels = list(labelled_in(text))
    named = [each for each in labels if asked.issuperset(each.stems)] if len(labels) > 1 else []
    most = max((len(each.stems) for each in named), default=0)
    best = [each for each in named if len(each.stems) == most]
    if len(best) != 1:
        return None
    start, end = best[0].value
    own = next((each for each in sentences(text) if each.start <= start < each.end), Sentence(text[start:end], start))
    return Stretch(text[start:end], start, end, own, ())


_MORE_BEHIND = re.compile(r" (?:(?:de|van|von|der|da|del|la|al|bin|di|du|dos) ){0,2}[A-ZÀ-Þ][\w'’-]+")


def _whole_name(stretch: Stretch, text: str) -> Stretch:
    """Return a name with what of it stands behind: `Joke de Wit` of `Joke`."""
    if not stretch.text[:1].isupper() or not stretch.text.split()[-1][:1].isupper():
        return stretch
    end = stretch.end
    while match := _MORE_BEHIND.match(text, end):
        end = match.end()
    return stretch._replace(text=text[stretch.start : end], end=end)
