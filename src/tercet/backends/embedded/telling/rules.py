"""The grammar of an answer that tells of results: it invents no name and no number, and tears none apart.

A small model slips while it copies: `city tal 305C`, `Santa Museum`. Here what is called by a field's name is that
field's value, a row that is listed is listed whole, and what is neither a plain word nor said by the user or a tool
cannot be written. It is one regular expression, so that nothing is decided before it has to be.
"""

import json
from collections.abc import Sequence

from tercet.backends.embedded.telling.expressions import MONEY, any_of, fact_of, listing, values
from tercet.backends.embedded.telling.facts import MAX_FACTS, Fact, Told, told
from tercet.backends.embedded.telling.vocabulary import (
    NUMBER,
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
MAX_ROWS = 8
"""Rows of which a listing is whole."""
MAX_BARE = 3
"""Fields of a row up to which its numbers are told without their names."""
_CAPITALS = ("A", "I", "I'd", "I'll", "I'm", "I've", "°C", "°F", "OK")
"""Words that are capital wherever they stand."""


def telling_rules(request: ModelRequest) -> str:
    """Return Lark rules that define `text` for an answer directly behind tools' results; nothing for any other, and
    where there is too much to be looked through."""
    if not request.items or not isinstance(request.items[-1], ToolResult):
        return ""
    since = _since_asked(request.items)
    results, everything = _results(request.items[since:]), _said(request.items)
    if sum(map(len, everything)) > MAX_READ:
        return ""
    found = told(results)
    if found.num_facts > MAX_FACTS:
        return ""
    now = [item for item in request.items[since:] if not isinstance(item, ToolResult)]
    return _rules(found, _said([*request.items[:since], *now]))


def _since_asked(items: Sequence[Item]) -> int:
    """Return the place of the user's last message."""
    asked = (isinstance(item, Message) and item.role == "user" for item in reversed(items))
    places = (len(items) - 1 - behind for behind, is_asked in enumerate(asked) if is_asked)
    return next(places, 0)


def _results(items: Sequence[Item]) -> list[str]:
    """Return the results of a conversation's end."""
    return [item.text for item in items if isinstance(item, ToolResult)]


def _said(items: Sequence[Item]) -> list[str]:
    """Return what was said and what tools were called with."""
    texts = [item.text for item in items if isinstance(item, Message | ToolResult)]
    return texts + [item.arguments for item in items if isinstance(item, ToolCall)]


def _rules(found: Told, said: Sequence[str]) -> str:
    facts = [fact for row in found.rows for fact in row]
    is_listed = any(len(row) > 1 for row in found.rows)
    banned = {*labelling(facts), *(("found", "there") if is_listed else ())}
    words = [
        word for word in dict.fromkeys([*plain_words(), *spoken_words([*said, *found.said])]) if word not in banned
    ]
    torn, amounts = torn_words(found), any_of(numbers(said))
    rules = {
        "WORD": any_of(words),
        "FIRST": any_of(first for word in words if len(word) > 1 and (first := word[0].upper() + word[1:]) not in torn),
        "CAPITAL": any_of(_CAPITALS),
        "AMOUNT": f"{MONEY} ( {amounts} ) /%?/" if amounts else "",
        "SAID": any_of(names(said)),
        "VALUE": values(_bare(found)),
    }
    parts = [name for name, choices in rules.items() if choices and name != "FIRST"]
    for number, text in enumerate(found.texts):
        rules[f"QUOTED_{number}"] = f"%regex {json.dumps({'substring_words': text}, ensure_ascii=False)}"
        parts.append(f"QUOTED_{number}")
    units, ends = ["PART GAP", "PART HALT FIRST GAP"], ["PART", "PART HALT FIRST"]
    if facts or found.lines:
        rules["FACT"] = " | ".join(map(fact_of, [*facts, *found.lines]))
        units += ["FACT STOP", "FACT ASIDE PART GAP", "FACT HALT FIRST GAP"]
        ends += ["FACT", "FACT ASIDE PART"]
    if is_listed:
        rows = found.rows[:MAX_ROWS]
        rules |= _finding(rows, [*found.counts, *_totals(rows)])
        rules["LIST"] = f"/([Tt]his: )?/ ( {' | '.join(f'( {listing(row)} )' for row in rows)} )"
        units += ["LEAD? LIST STOP", "LEAD COUNT GAP", "FOUND HALT ( FIRST GAP )?"]
        ends += ["LEAD? LIST", "FOUND"]
    rules |= {
        "PART": " | ".join(parts),
        "GAP": r"/[ \n]?[,;:.!?)”’'\"–—+*\/=-]{0,3}[ \n]{1,2}[\"“‘'(#*-]{0,2}/",
        "STOP": r"/[;:.!?)]{1,2}[ \n]{1,2}/",
        "ASIDE": r"/ \(?/",
        "HALT": r"/[.!?]\)?[ \n]{1,2}/",
        "END": r"/[.!?)”’'\"°;:]{0,2}/",
        "TOLD": f"( FIRST GAP )? /[\"“'(#*-]{{0,2}}/ ( {' | '.join(units)} )* ( {' | '.join(ends)} ) END | FIRST END",
    }
    return "text: TOLD\n" + "".join(f"{name}: {rule}\n" for name, rule in rules.items() if rule)


def _bare(found: Told) -> list[str]:
    """Return the values that may be told without what they are: of a row of many, no mere numbers and no `yes`."""
    told = [*found.values, *map(str, found.counts), *(form for fact in found.lines for form in fact.said)]
    for row in found.rows:
        is_short = len(row) <= MAX_BARE
        forms = (form for fact in row if fact.has_value for form in fact.said)
        told += [form for form in forms if is_short or not NUMBER.fullmatch(form)]
    return list(dict.fromkeys(told))


def _finding(rows: Sequence[Sequence[Fact]], counts: Sequence[int]) -> dict[str, str]:
    """Return rules for what is said to be found: a row by its name, where it has one, or how many there are."""
    named = [form for row in rows for fact in row if fact.is_name and fact.has_value for form in fact.said]
    return {
        "LEAD": "/[Ff]ound |There (is|are|was|were) /",
        "COUNT": any_of([*(str(count) for count in counts if count > 1), "these", "no", "nothing", "none"]),
        "FOUND": f"LEAD ( {values(named)} ) ( / (in|at) / VALUE )?" if named else "LEAD /nothing|none/",
    }


def _totals(rows: Sequence[Sequence[Fact]]) -> list[int]:
    """Return the whole numbers of rows with few fields, such as how many there are."""
    plain = (fact.said[0] for row in rows if len(row) <= MAX_BARE for fact in row)
    return [int(one) for one in plain if one.isdigit() and len(one) < 8]
