"""The grammar of an answer that tells of results: it invents no name and no number, and tears none apart.

A small model slips while it copies: `city tal 305C`, `Santa Museum`. Here what is called by a field's name is that
field's value, a row that is listed is listed whole, and what is neither a plain word nor said by the user or a tool
cannot be written. It is one regular expression, so that nothing is decided before it has to be.
"""

from collections.abc import Iterator, Sequence

from tercet.backends.embedded.conversation import asked, known, since_asked
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.telling.asked import asked_rules
from tercet.backends.embedded.telling.expressions import any_of, beside, fact_of, listing, quotation, values
from tercet.backends.embedded.telling.facts import MAX_FACTS, Fact, Told, told
from tercet.backends.embedded.telling.forms import NUMBER
from tercet.backends.embedded.telling.vocabulary import (
    COPULAS,
    is_echo,
    labelling,
    names,
    numbers,
    plain_words,
    spoken_words,
    torn_words,
)
from tercet.items import Item, Message, ModelRequest, ToolCall, ToolResult

MAX_READ = 20_000
"""Characters of a conversation up to which its words are looked through."""
MAX_BRIEF = 400
"""Characters of an answer that calls none of the tools that a user offers."""
MAX_ROWS = 8
"""Rows of which a listing is whole."""
MAX_PAIR = 2
"""Fields of a row up to which it is no listing."""
MAX_BARE = 3
"""Fields of a row up to which its values are told without what they are."""
MAX_UNITS = 60
"""Words, facts and listings of an answer: one without end would say the same again and again."""
MIN_PLURAL = 3
"""Letters above which a word with an s counts as more than one of something."""
_MODIFIERS = "about|a|an|the"
_CAPITALS = ("A", "I", "I'd", "I'll", "I'm", "I've", "°C", "°F", "OK")
"""Words that are capital wherever they stand."""


def telling_rules(request: ModelRequest) -> str:
    """Return Lark rules that define `text` for an answer directly behind tools' results; nothing for any other, and
    where there is too much to be looked through."""
    is_behind_result = bool(request.items) and isinstance(request.items[-1], ToolResult)
    if not is_behind_result or request.output_format.kind != "text":
        return ""
    since = since_asked(request.items)
    requests = asked(request.items)
    question = (requests[-1] if requests else Spoken(""))._replace(known=known(request.items[since:]))
    if about := asked_rules(question):
        return about
    results, everything = _results(request.items[since:]), _said(request.items)
    if sum(map(len, everything)) > MAX_READ:
        return ""
    found = told(results)
    if found.num_facts > MAX_FACTS:
        return ""
    now = [item for item in request.items[since:] if not isinstance(item, ToolResult)]
    return _rules(found, _said([*request.items[:since], *now]))


def brief_rules(request: ModelRequest) -> str:
    """Return Lark rules that bound `text` for an answer to a user who offers tools: a small model that neither calls
    nor is held to a question says a sentence, or the same words without end."""
    last = request.items[-1] if request.items else None
    is_asked = isinstance(last, Message) and last.role == "user"
    if not (is_asked and request.offered_tools) or request.output_format.kind != "text":
        return ""
    return f"text: BRIEF\nBRIEF: /(?s:.{{1,{MAX_BRIEF}}})/\n"


def _results(items: Sequence[Item]) -> list[str]:
    """Return the results of a conversation's end."""
    return [item.text for item in items if isinstance(item, ToolResult)]


def _said(items: Sequence[Item]) -> list[str]:
    """Return what was said and what tools were called with."""
    texts = [item.text for item in items if isinstance(item, Message | ToolResult)]
    return texts + [item.arguments for item in items if isinstance(item, ToolCall)]


class _Answer:
    """An answer's rules while they are put together: what may be told, and what may come behind it."""

    def __init__(self) -> None:
        self.rules: dict[str, str] = {}
        self._units: list[str] = []
        self._ends: list[str] = []

    def define(self, **rules: str) -> None:
        """Add rules; those without an expression do not count."""
        self.rules |= {name: rule for name, rule in rules.items() if rule}

    def may_tell(self, what: str, *behind: str) -> None:
        """Let `what` be told last, or before one of `behind`."""
        self._units += [f"{what} {each}" for each in behind]
        self._ends.append(what)

    def text(self) -> str:
        """Return the whole as Lark rules that define `text`."""
        self.define(
            STOP=r"/[;:.!?)]{1,2}[ \n]{1,2}/",
            ASIDE=r"/ \(?/",
            HALT=r"/[.!?]\)?[ \n]{1,2}/",
            END=r"/[.!?)”’'\"°;:]{0,2}/",
            UNIT=" | ".join(self._units),
            LAST=" | ".join(self._ends),
            TOLD=f"( FIRST GAP )? /[\"“'(#*-]{{0,2}}/ UNIT{{0,{MAX_UNITS}}} ( LAST ) END | FIRST END",
        )
        return "text: TOLD\n" + "".join(f"{name}: {rule}\n" for name, rule in self.rules.items())


def _rules(found: Told, said: Sequence[str]) -> str:
    facts = [fact for row in found.rows for fact in row]
    is_listed = (found.has_series and bool(found.rows)) or any(len(row) > MAX_PAIR for row in found.rows)
    answer, bare, coined = _Answer(), _bare(found), names(said)
    banned = {*COPULAS, *labelling(facts), *(("found", "there") if is_listed else ())}
    _define_words(answer, found, said, bare, coined, banned)
    answer.may_tell("PART", "GAP", "HALT FIRST GAP")
    if news := list(_news(answer, found, said, bare, coined, is_listed=is_listed)):
        answer.define(IS=f"/({'|'.join(COPULAS)})( ({_MODIFIERS}))? / ( {' | '.join(news)} )")
        answer.may_tell("IS", "GAP", "HALT FIRST GAP")
    if facts or found.lines:
        answer.define(FACT=" | ".join(map(fact_of, [*facts, *found.lines])))
        answer.may_tell("FACT", "STOP", "HALT FIRST GAP")
        answer.may_tell(f"FACT ASIDE ( {'PART | IS' if news else 'PART'} )", "GAP")
    if where := beside(facts):
        answer.define(BESIDE=where)
        answer.may_tell("BESIDE", "GAP")
    if is_listed:
        _define_listings(answer, found, spoken_words(said))
    errors = [fact.said[0] for fact in facts if fact.is_error]
    if errors:
        unquoted = [error.replace("'", "") for error in errors]
        answer.may_tell(f"PART /: / ( {any_of(dict.fromkeys([*errors, *unquoted]))} )", "STOP")
    marks = ("" if errors else ":") + ("" if is_listed else r"+*\/=")
    answer.define(GAP=rf"/[ \n]?[,;{marks}.!?)”’'\"–—-]{{0,3}}[ \n]{{1,2}}[\"“‘'(#*-]{{0,2}}/")
    return answer.text()


def _define_words(
    answer: _Answer, found: Told, said: Sequence[str], bare: Sequence[str], coined: Sequence[str], banned: set[str]
) -> None:
    """Define what may be told of words and values that are no facts. `coined`: what of `said` are no plain words."""
    known = dict.fromkeys([*plain_words(), *spoken_words([*said, *found.said])])
    words = [word for word in known if word not in banned]
    capitals = {word: word[0].upper() + word[1:] for word in words if len(word) > 1}
    torn, amounts = torn_words(found), any_of(numbers(said))
    answer.define(
        WORD=any_of(words),
        CAPITAL=any_of(_CAPITALS),
        AMOUNT=f"( {amounts} ) /%?/" if amounts else "",
        SAID=any_of(coined),
        VALUE=values(bare),
        **{f"QUOTED_{number}": quotation(text) for number, text in enumerate(found.texts)},
    )
    answer.define(PART=" | ".join(answer.rules), FIRST=any_of(word for word in capitals.values() if word not in torn))


def _define_listings(answer: _Answer, found: Told, asked: Sequence[str]) -> None:
    """Define how rows are told: whole, as what was found, by their names, by how many there are."""
    rows = found.rows[:MAX_ROWS]
    named = values(form for row in rows for fact in row if fact.is_name and fact.has_value for form in fact.said)
    several = any_of([*(str(count) for count in [*found.counts, *_totals(rows)] if count > 1), "no"])
    lines = ("lines",) if "matches" in found.kinds else ()
    plural = (word for word in asked if len(word) > MIN_PLURAL and word.endswith("s"))
    kinds = any_of(dict.fromkeys([*found.kinds, *plural, *lines, "results"]))
    where = "( / / BESIDE )?" if "BESIDE" in answer.rules else ""
    answer.define(
        LEAD="/[Ff]ound |There (is|are|was|were) /",
        LIST=f"/([Tt]his: |Here (it is|they are|you go): )?/ ( {' | '.join(f'( {listing(row)} )' for row in rows)} )",
        COUNT=f"( {several} ) / / ( {kinds} ) | /nothing|none/",
        FOUND=f"LEAD ( {named} ) {where}" if named else "",
    )
    answer.may_tell("LEAD? LIST", "STOP")
    if "matches" in found.kinds:
        answer.may_tell("LEAD COUNT", "GAP")
    else:
        answer.may_tell("LEAD COUNT ( /: / LIST )?", "STOP", "HALT FIRST GAP")
    if named:
        answer.may_tell("FOUND")


def _bare(found: Told) -> list[str]:
    """Return the values that may be told without what they are: of a row of many none but names."""
    told = [*found.values, *map(str, found.counts), *(form for fact in found.lines for form in fact.said)]
    for row in found.rows:
        is_short = len(row) <= MAX_BARE
        told += [form for fact in row if fact.has_value and (is_short or fact.is_name) for form in fact.said]
    return list(dict.fromkeys(told))


def _news(
    answer: _Answer,
    found: Told,
    said: Sequence[str],
    bare: Sequence[str],
    coined: Sequence[str],
    *,
    is_listed: bool,
) -> Iterator[str]:
    """Yield what may follow `is`: what is no echo; of rows of many fields whole values but numbers."""
    yield from (f"QUOTED_{number}" for number in range(len(found.texts)))
    if is_listed:
        whole = dict.fromkeys(
            form for row in found.rows for fact in row if fact.has_value for form in _named(fact, row)
        )
        new = any_of(form for form in whole if not is_echo(form, said))
        yield from filter(None, [new])
        return
    coded = any_of(name for name in coined if any(map(str.isdigit, name)))
    new = values(form for form in bare if not is_echo(form, said))
    yield from (f"( {each} )" for each in ("WORD", new, coded) if each)
    if "AMOUNT" in answer.rules:
        yield "AMOUNT"
    if found.rows or found.lines:
        yield "FACT"


def _named(fact: Fact, row: Sequence[Fact]) -> Iterator[str]:
    """Yield what may be told of a fact without its name: no mere number, and of a row of many nothing with digits."""
    is_short = len(row) <= MAX_BARE
    for form in fact.said:
        if not NUMBER.fullmatch(form) and (is_short or not any(map(str.isdigit, form))):
            yield form


def _totals(rows: Sequence[Sequence[Fact]]) -> list[int]:
    """Return the whole numbers of rows with few fields, such as how many there are."""
    plain = (fact.said[0] for row in rows if len(row) <= MAX_BARE for fact in row)
    return [int(one) for one in plain if one.isdigit() and len(one) < 8]
