"""The answer to a message that offers no tools, as far as it can be read off a text, chosen, computed or said.

What needs knowledge of the world or invention, a small model says that it cannot do, in the form that was asked for.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from tercet.backends.embedded.plain import keeping, listing
from tercet.backends.embedded.plain.choosing import chosen
from tercet.backends.embedded.plain.clauses import clause, of_likeliest_sentence
from tercet.backends.embedded.plain.columns import tabled
from tercet.backends.embedded.plain.conversions import converted
from tercet.backends.embedded.plain.courtesy import courtesy
from tercet.backends.embedded.plain.fields import filled
from tercet.backends.embedded.plain.options import Option, asks_sentiment, is_polar, options, ruled
from tercet.backends.embedded.plain.orders import FORMAL, Order, order_of
from tercet.backends.embedded.plain.problems import compared
from tercet.backends.embedded.plain.quoting import covered, question_of, quoted
from tercet.backends.embedded.plain.ranking import ranked
from tercet.backends.embedded.plain.shapes import Shape, shape_of
from tercet.backends.embedded.plain.summing_up import summary
from tercet.backends.embedded.plain.sums import computed
from tercet.backends.embedded.plain.tables import cell, table
from tercet.backends.embedded.plain.verdicts import verdict
from tercet.backends.embedded.plain.writing import in_shape
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.times import times_in
from tercet.items import Item
from tercet.numerals import numbers_in

UNABLE = (
    "I cannot answer that: I am a small model without knowledge of the world, and nothing that I was given says it."
)
"""What is said where nothing can be answered."""
UNFIT = "I cannot do that: I am a small model that reads, chooses and computes, and I do not write or translate texts."
"""What is said where a text is to be invented."""
SURE = 0.5
"""How likely a stretch must be the answer for it to be told alone."""
MAX_GIVEN, MAX_LAST, MAX_QUESTIONS = 20_000, 3_000, 4
"""Characters of a text that is listed, counted or chosen for; of a message that asks; questions of one message."""
MIN_TEXT = 6
"""Words of a text from which a question is answered by yes or no."""
MIN_WORTH = 0.34
"""What of a question's words a sentence must have for it to be answered from what was said besides."""
_YES_NO = (Option("Yes"), Option("No"))
_SENTIMENTS = (Option("positive"), Option("negative"))
_YES = frozenset(("yes", "true", "y", "ja", "sí", "oui"))
_NO = frozenset(("no", "false", "n", "nein", "non"))
_LETTER = re.compile(
    r"\bletter\b|\b[A-D], [A-D](?:,? or [A-E])|\b[A-D] or [A-D]\b|\boption(?:'s)? (?:letter|number)\b", re.IGNORECASE
)
_SUMS_UP = re.compile(
    r"\b(?:summari[sz]e|summary|sum(?:s|med)? (?:it |this |that )?up|tl;?dr|in short|main (?:point|idea"
    r"|message)|key (?:point|message|takeaway)|gist|headline|subject line|title for|shorten|boil (?:it"
    r"|this) down|what is (?:this|the (?:text|mail|message|article|passage)) about|in a nutshell"
    r"|condense)\b",
    re.IGNORECASE,
)
_ECHOES = re.compile(
    r"\b(?:repeat|echo|copy|say|print|type)\b[^:\n]{0,60}?\b(?:exactly|verbatim|after me|word for word"
    r"|back|unchanged|as it is|the following)\b[^:\n]{0,50}:\s*(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_INVENTS = re.compile(
    r"\W*(?:(?:please|pls|now|can you|could you|would you|i (?:need|want|would like|'d like)(?: you to)?|help me)\W+)*"
    r"(?:translate|compose|draft|invent|explain|brainstorm|come up with|rewrite|rephrase|paraphrase|proofread|improve"
    r"|imagine|continue|tell (?:me|us) (?:a|an|some|about)\b"
    r"|(?:write|create|generate|make up|make|suggest|give me|design|describe)(?: (?!the\b|this\b|these\b)[\w'-]+){0,6}?"
    r" (?:poem|haiku|story|stories|letter|e-?mails?|reply|replies|note|essay|song|lyrics|jokes?|blurb|slogan|tagline"
    r"|speech|post|tweet|bio|recipe|script|code|function|program|novel|paragraph|description|invitation"
    r"|announcement|message"
    r"|caption|ideas|tips|plan|toast|review|dialogue|limerick|advert\w*|ad|sign)\b)",
    re.IGNORECASE,
)
"""What begins with what only an author can do."""
_SAYS = re.compile(
    r"(?:please |just |can you |could you )*say:? (?:the words? )?[\"“'‘]?([^\"”\n?]{1,60}?)[\"”'’]?[.!]*",
    re.IGNORECASE,
)
"""A message that wants nothing but to have something said: `Say hello.`"""
_SORTS = re.compile(
    r"\b(?:sort|alphabeti[sz]e|alphabetical(?:ly)?|order (?:the|these|them|by)|rank|reverse the (?:list|order))\b",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"\b(?:list|all|every|each|array|bullets?|bullet points?|numbered|which (?:words|of)|lines?|steps)\b", re.IGNORECASE
)
_TURNS = re.compile(
    r"\b(?:turn|convert|make|rewrite|write|format|put|reformat|print|output|present|transform|change"
    r"|return|give|show|arrange)\b[^.\n]{0,80}\b(?:list|bullets?|bullet points?|lines?|numbered|array"
    r"|steps?|separated|per line|line)\b",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"\bhow many (?:[\w-]+ ){1,3}?(?:are|is|do|does|did|have|has|can|in|on|were)\b|\bhow many \w+\??$"
    r"|\bcount (?:the|how|all)\b|\bnumber of (?:items|words|names|entries|lines|sentences|letters|people"
    r"|characters)\b",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"\b(?:how many|number of|count the) (words?|lines?|sentences?|characters?|letters?|paragraphs?)\b", re.IGNORECASE
)
_LISTED = re.compile(r"\blist(?:ed)?\b|\bthese\b|\bitems\b|\bentries\b", re.IGNORECASE)
_SENTENCES = re.compile(
    r"\b(?:the|which|that|a) sentences? (?:that|which|in which|where|about|with|saying|tells|mentions)\b", re.IGNORECASE
)
_CONVERTS = re.compile(
    r"\b(?:convert|change|turn|make|put|write|print|rewrite|return|output)\b[^.\n]{0,60}\b(?:upper ?case"
    r"|lower ?case|capitals|caps|title case|YYYY|HH:MM|24[- ]hour|reverse|backwards)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(?:text|sentence|it|this|that|these|following|everything|words?|message|input|line|user sends|date"
    r"|time|string|name)\b",
    re.IGNORECASE,
)
_THE = re.compile(r"\bthe \w+", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:the|all|every|each|which|are) ([a-z]+?)(?:s|es)?\b(?= (?:mentioned|in|from|of|are|that|named"
    r"|listed)\b|\?|,|:|$)",
    re.IGNORECASE,
)
"""What of a text is to be listed: `the fruits in this order`."""
_PAIRS = re.compile(r"^\s*([A-Za-z][\w -]{0,40}?)\s*[:=]\s*(\S.*?)\s*$", re.MULTILINE)
_SAME_KEYS = re.compile(r"\bsame (?:keys|names|fields)\b|\bkey[: -]*value\b|\beach (?:line|pair)\b", re.IGNORECASE)


def answer(items: Sequence[Item], model: str = "") -> str:
    """Return the answer to the last message of a conversation; never empty. `model`: what the model is called."""
    asking = _asking(items)
    return asking.courtesy(model) or asking.text()


def object_of(items: Sequence[Item], model: str = "") -> dict[str, Any]:
    """Return the answer as a JSON object: with the keys that are named, else with `answer` alone."""
    asking = _asking(items)
    asking = asking._replace(shape=asking.shape._replace(layout="object"))
    said = asking.courtesy(model)
    written = json.loads(in_shape([said], asking.shape) if said else asking.text())
    return written if isinstance(written, dict) else {"answer": written}


def _asking(items: Sequence[Item]) -> "_Asking":
    order = order_of(items)
    return _Asking(items, order, shape_of(f"{order.asked}\n{order.rules}"[:MAX_GIVEN]))


class _Asking(NamedTuple):
    """One message, what it orders, and the form that it wants."""

    items: Sequence[Item]
    order: Order
    shape: Shape

    @property
    def given(self) -> str:
        """The text that something is done with."""
        return self.order.text or self.order.background

    @property
    def beginning(self) -> str:
        """The beginning of that text, where something is done with all of it."""
        return self.given[:MAX_GIVEN]

    @property
    def last(self) -> str:
        """The end of the last message."""
        return self.order.last[-MAX_LAST:]

    @property
    def question(self) -> str:
        """What is asked first."""
        return next(iter(self.order.questions), "")

    def courtesy(self, model: str) -> str:
        """Return what answers a message that asks for nothing; empty where it asks for something, or where rules order
        a choice of whatever users say."""
        return "" if options(self.order.rules) else courtesy(self.order.last, self.order.rules, model)

    def text(self) -> str:
        """Return the answer."""
        for way in (
            self._echoed,
            self._compared,
            self._picked,
            self._recalled,
            self._computed,
            self._counted,
            self._tabled,
            self._object,
            self._ranked,
            self._listed,
            self._normalised,
            self._summed_up,
        ):
            if found := way():
                return found
        if any(map(_INVENTS.match, self.order.told)):
            return in_shape([UNFIT], self._of_words)
        if values := self._read():
            return in_shape(values, self.shape)
        if self.shape.default:
            return in_shape([self.shape.default], self._of_words)
        return in_shape([UNABLE], self._of_words)

    @property
    def _of_words(self) -> Shape:
        """The form that is wanted, as far as words can have it that say that there is no answer."""
        return self.shape._replace(is_number=False, max_words=None, day="", decimals=None, is_clock=False)

    def _compared(self) -> str:
        found = compared(self.question, self.last) if self.question else None
        return in_shape([found.told], self.shape) if found else ""

    def _echoed(self) -> str:
        if named := listing.placed(self.order.asked, self.beginning):
            return in_shape([named], self.shape)
        if match := _SAYS.fullmatch(self.last.strip()):
            return in_shape([match[1][:1].upper() + match[1][1:]], self.shape)
        match = _ECHOES.search(self.last)
        if match and not self.order.rules:
            return in_shape([match[1].strip().strip('"“”')], self.shape)
        return ""

    def _picked(self) -> str:
        order = self.order
        found = options(f"{order.asked}\n{order.rules}"[:MAX_GIVEN], f"{order.rules[:MAX_LAST]}\n{_outside(order)}")
        if not found and asks_sentiment(f"{order.asked}\n{self.last}"):
            found = list(_SENTIMENTS)
        if (
            not found
            and self.question
            and is_polar(self.question)
            and len(self.beginning.split()) >= MIN_TEXT
            and covered(question_of(self.question), self.beginning) >= MIN_WORTH
        ):
            found = list(_YES_NO)
        if not found or not (self.beginning or self.last):
            return ""
        text = _without(self.beginning or self.last, found)
        found = ruled(found, f"{order.rules}\n{order.asked}")
        names = {each.name.lower() for each in found}
        if names <= _YES | _NO and not self.beginning:
            return ""
        if names <= _YES | _NO:
            is_so = verdict(self.question or order.asked, text)
            picked = next(each for each in found if (each.name.lower() in _YES) == is_so)
        else:
            picked = chosen(self.question or order.asked, text, found)
        name = picked.letter if picked.letter and _LETTER.search(order.asked) else picked.name
        if self.shape.layout == "object" and self.shape.keys:
            return in_shape([name], self.shape._replace(keys=self.shape.keys[:1]))
        is_word = name.isalpha() and name.islower() and not self.shape.is_only and len(name) > 1
        return in_shape(
            [name[:1].upper() + name[1:] if is_word and not order.rules else name], self.shape._replace(max_words=None)
        )

    def _recalled(self) -> str:
        before = keeping.said_before(self.items, self.order.last)
        if not before or not (
            keeping.looks_back(self.order.last) or not self.order.text or len(self.order.text.split()) < MIN_TEXT
        ):
            return ""
        if keeping.asks_list(self.order.asked) and (so_far := keeping.list_so_far(before)):
            return in_shape(so_far, self.shape)
        if keeping.asks_suggested(self.order.last) and (said := keeping.suggested(self.items, self.order.last)):
            return in_shape([said], self.shape)
        if self.shape.keys:
            return in_shape(filled(self.shape.keys, "\n".join(before)), self.shape)
        if name := keeping.own_name(before, self.order.last):
            return in_shape([name], self.shape)
        asked = [quoted(question_of(part), "\n".join(before)) for part in _parts(self.question or self.order.last)]
        values = [keeping.as_it_stands(before, found[0][1].text) for found in asked if found]
        return in_shape(list(dict.fromkeys(values)), self.shape) if values else ""

    def _computed(self) -> str:
        order = self.order
        asked = next((each for each in order.told if each in self.last), self.last)
        found = computed(self.last, self.question or asked, order.rules)
        return in_shape([found.told], self.shape) if found else ""

    def _counted(self) -> str:
        if not _COUNTS.search(self.order.asked) or not self.order.text:
            return ""
        if unit := _UNITS.search(self.order.asked):
            return in_shape([str(listing.num_of(unit[1].lower().rstrip("s"), self.beginning))], self.shape)
        is_counted = listing.is_list(self.beginning) and (
            _LISTED.search(self.order.asked) or not any(map(str.isdigit, self.beginning))
        )
        return in_shape([str(len(listing.items(self.beginning)))], self.shape) if is_counted else ""

    def _object(self) -> str:
        shape = self.shape
        if shape.layout not in ("object", "pairs"):
            return ""
        pairs = _PAIRS.findall(self.beginning)
        if pairs and (_SAME_KEYS.search(self.order.asked) or not shape.keys):
            return in_shape([value for _, value in pairs], shape._replace(keys=tuple(key for key, _ in pairs)))
        return in_shape(filled(shape.keys, self.beginning), shape) if shape.keys else ""

    def _tabled(self) -> str:
        return tabled(f"{self.order.asked}\n{self.order.rules}"[:MAX_GIVEN], self.beginning)

    def _ranked(self) -> str:
        found = ranked(f"{self.order.asked}\n{self.order.rules}", self.beginning)
        return in_shape(found, self.shape) if found else ""

    def _listed(self) -> str:
        order, shape = self.order, self.shape
        asked = "\n".join(_questions(order)) or order.asked
        if not order.text and not self.beginning:
            return ""
        if not order.questions and (changed := converted(asked, self.beginning)):
            return in_shape([changed], shape._replace(max_words=None))
        is_whole = _WHOLE.search(asked) is not None or not _THE.search(asked)
        if _CONVERTS.search(asked) and is_whole and not order.questions:
            return in_shape([self.beginning], shape._replace(max_words=None))
        wants_all = shape.is_list or _LISTS.search(asked) is not None
        if order.questions and not shape.is_list:
            return ""
        if values := listing.of_kind(asked, self.beginning):
            if wants_all or len(values) == 1 or shape.day or shape.is_clock or not order.questions:
                return in_shape(values if wants_all else values[:1], shape)
        elif shape.default and listing.names_kind(asked):
            return shape.default if shape.layout == "array" else in_shape([shape.default], self._of_words)
        if (_SORTS.search(asked) or _TURNS.search(order.asked)) and listing.is_list(self.beginning):
            return in_shape(listing.items(self.beginning), shape)
        if shape.is_list and (wants_all or _TURNS.search(order.asked)):
            named = _NAMED.search(asked)
            words = listing.alike(named[1], self.beginning) if named else []
            if len(words) > 1:
                return in_shape(words, shape)
            if _TURNS.search(order.asked) and not order.questions:
                return in_shape(listing.items(self.beginning), shape)
        return ""

    def _normalised(self) -> str:
        """Return the only date, time or number of a text, where one is to be written in another form."""
        shape, text = self.shape, self.beginning
        if self.order.questions or not text:
            return ""
        found = [text[each.start : each.end] for each in dates_in(text) if each.iso] if shape.day else []
        found = found or ([text[each.start : each.end] for each in times_in(text)] if shape.is_clock else [])
        if not found and (shape.decimals is not None or shape.is_number):
            numbers = [text[each.start : each.end] for each in numbers_in(text)]
            found = [each for each in numbers if "." in each] or numbers
            found = found if len(found) == 1 else []
        return in_shape(found[:1], shape) if found else ""

    def _summed_up(self) -> str:
        if not _SUMS_UP.search(self.order.asked) or not self.given:
            return ""
        return in_shape(
            [summary(self.given, self.shape.max_words, f"{self.order.asked}\n{self.order.rules}")],
            self.shape._replace(max_words=None),
        )

    def _read(self) -> list[str]:
        rows = table(self.beginning)
        parts = [part for asked in _questions(self.order)[:MAX_QUESTIONS] for part in _parts(asked)]
        values = [(cell(part, rows) if rows else "") or self._quoted(part) for part in parts]
        return list(dict.fromkeys(filter(None, values)))

    def _fits(self, value: str) -> bool:
        """Say whether a value can be written in the form that is wanted."""
        shape = self.shape
        if (shape.is_number or shape.decimals is not None) and not any(True for _ in numbers_in(value)):
            return False
        if shape.day and not any(each.iso for each in dates_in(value)):
            return False
        if shape.is_clock and not any(True for _ in times_in(value)):
            return False
        return shape.max_words is None or len(value.split()) <= shape.max_words

    def _quoted(self, question: str) -> str:
        """Return the stretch of the text that answers a question; where that is not sure, with its clause."""
        asked, text = question_of(question), self.given
        found = quoted(asked, text)
        if not found or (not self.order.text and covered(asked, text) < MIN_WORTH):
            return ""
        found = [each for each in found if self._fits(each[1].text)] or found
        is_short = self.shape._replace(is_sentence=False, behind="", is_only=False) != Shape()
        chance, best = of_likeliest_sentence(found)
        if _SENTENCES.search(question):
            return best.sentence.text
        return best.text if is_short or chance >= SURE else clause(best, text)


def _outside(order: Order) -> str:
    """Return the last message, without its text where the system's messages order what is done with that."""
    return "" if order.text == order.last else order.last[-MAX_LAST:]


def _without(text: str, found: Sequence[Option]) -> str:
    """Return a text without the lines that list options."""
    kept = [line for line in text.splitlines() if not any(_lists(line.lower(), each) for each in found)]
    return "\n".join(kept) or text


def _lists(line: str, option: Option) -> bool:
    name, about = option.name.lower(), option.about.lower()
    if about and name in line and about[:40] in line:
        return True
    return re.fullmatch(rf"\W*\w?[.)]?\W*{re.escape(name)}\W*", line) is not None


_AND = re.compile(
    r",?\s+and\s+(?=(?:who|what|when|where|which|how|why|whose|from when|by when|in which|at what)\b)|\s*\(\d\)\s*",
    re.IGNORECASE,
)


def _parts(question: str) -> list[str]:
    """Return the questions that one sentence asks: `Who bought it, and what did she pay?`"""
    return [part.strip() for part in _AND.split(question) if len(part.split()) > 1] or [question]


def _questions(order: Order) -> list[str]:
    """Return what is asked for: questions first, else what orders a value."""
    if order.questions:
        return list(order.questions)
    return [each for each in order.told if not FORMAL.match(each)][:1] or list(order.told[:1])
