"""A conversation without tools as what it orders and what that is done with: sentences that ask, and texts.

`Which department is this for? Invoice 12 is wrong.` asks with its first sentence and gives its second. What stands in
quotation marks, tags or behind `Text:` is given; an app's system message may order what is done with all that users
say.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tercet.backends.embedded.plain.options import options
from tercet.backends.embedded.plain.sentences import sentences
from tercet.items import Item, Message

MIN_TEXT = 3
"""Words of a text that something is done with; `thx` is none."""
MAX_ORDER = 1500
"""Characters at either end of a long message in which it orders something; what stands between is text."""
MAX_TERSE = 12
"""Words of a message that is taken for a question though it asks nothing: `current price of gold`."""
MAX_TEXT = 400_000
"""Characters of a conversation that are looked at."""
_FENCED = re.compile(
    r"```[\w-]*\n?(?P<fenced>.+?)```"
    r'|"""\s*(?P<tripled>.*?)\s*"""'
    r"|'''\s*(?P<single>.*?)\s*'''"
    r"|<(?P<tag>[a-zA-Z][\w-]*)>\s*(?P<tagged>.+?)\s*</(?P=tag)>"
    r"|^-{3,}\s*\n(?P<ruled>.*?)\n\s*-{3,}\s*$"
    r"|^={3,}\s*\n(?P<lined>.*?)\n\s*={3,}\s*$",
    re.DOTALL | re.MULTILINE,
)
_QUOTED = re.compile(
    r"(?:(?<=[\s:(])|^)(?:\"(?P<double>[^\"\n]+(?:\n[^\"\n]+)*)\"|“(?P<curly>[^”]+)”|«(?P<pointed>[^»]+)»"
    r"|'(?P<single>[^'\n]*(?:'\w[^'\n]*)*)')(?=[\s.,;:?!)]|$)"
)
_SHAPING = re.compile(
    r"\b(?:with|phrase|words?|forms?|format|prefix|suffix|like|e\.g\.,?|for example:?|ending|sentence"
    r"|option)\s*:?\s*\Z",
    re.IGNORECASE,
)
"""What stands before a quotation that is no text but a part of the answer."""
_NAMES = (
    "text|review|e-?mail|mail|article|message|passage|context|input|ticket|sentence|document|doc"
    "|paragraph|notes?|log|logs"
    "|transcript|conversation|chat|story|comment|tweet|post|headline|title|statement|claim|feedback|description|data"
    "|content|report|complaint|request|customer|user|snippet|excerpt|memo|recipe|invoice|order|letter"
    "|announcement|entry"
    "|list|items?|table|record|record|policy|menu|schedule|bio|facts?|premise|abstract|page|source|quote"
    "|utterance|query"
    "|here (?:is|are) (?:the|my|a|an|our|some) [\\w ]{2,30}|here(?:'s|’s) (?:the|my|a|an|our|what) [\\w ]{2,30}"
)
_LABEL = re.compile(
    rf"^[ \t]*[*#_]*(?:(?:the|my|our|customer|user|product|patient|support) )?(?:{_NAMES})[*_]*\s*:[*_]*[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(
    rf"[:,]?\s(?:in|from|of|for|about|on)?\s?(?:this|the following|following"
    rf"|the)\s(?:[\w-]+\s){{0,3}}?(?:{_NAMES})\s*:\s+|(?<=[a-z)])\s*:\s*\n+",
    re.IGNORECASE,
)
"""What gives a text in the middle of a line: `Which is meant in this mail: ...`."""
_BACK = re.compile(
    r"^[ \t]*[*#_]*(?:questions?|q|answer|task|instructions?|options|choices|categories|labels|output"
    r"|format|reply|a)\b[*_ ]*:[*_]*",
    re.IGNORECASE | re.MULTILINE,
)
"""What a labelled text ends before."""
_PARAGRAPHS = re.compile(r"\n\s*\n")
_PART = re.compile(r"\W*you(?:'re| are) (?:a|an|the|my|our|[A-Z])", re.IGNORECASE)
"""What a sentence begins with that says who answers."""
_VERBS = (
    "answer|reply|respond|give|return|output|print|write|list|extract|name|state|tell|say|classify|label"
    "|categori[sz]e|choose"
    "|pick|select|decide|determine|identify|find|summari[sz]e|rewrite|translate|convert|format|use|do not"
    "|don't|don’t|never"
    "|always|only|make|keep|begin|start|end|finish|put|wrap|include|avoid|explain|describe|create|compose"
    "|draft|generate"
    "|read|look|based on|according to|going by|judging by|from the|count|calculate|compute|work out"
    "|figure out|add|sort|order|rank|repeat|spell|just"
    "|no (?:explanations?|other|extra|intro\\w*|punctuation|units?|commas?|prose|text|comments?|quotes?"
    "|markdown|spaces|preamble|need)|your answer|the answer|answers?|as|in (?:one|a|two|three|at most"
    "|under|no more|all|upper|lower|json|alphabetical|capital)|is this|rate|route|assign|detect|flag|tag"
    "|mark"
    "|check|judge|assess|score|triage|limit|restrict|stick|quote|copy|echo|capitali[sz]e|uppercase"
    "|lowercase|separate|help"
    "|mention|provide|show|display|let me know|remind me|fill|pull|get|take|turn|transform|shorten|rephrase|paraphrase"
    "|parse|round|reverse|remove|moderate|filter|correct|fix|proofread|suggest|recommend|think|imagine"
    "|act|you (?!can |have "
    "|get |need |want |see |know |like |were |had )[a-z]+"
    "|(?:\\w+ ){1,3}only\\W*$|options?|choices?|categories|labels?|output|format|one word|single word"
    "|yes or no|true or false|json|nothing else|without|max(?:imum)?|at most|exactly|two|three|four|five"
    "|plain|lower ?case|upper ?case|all caps"
)
_ORDERS = re.compile(
    r"(?:[\s*#_>(-]|\d[.)] )*(?:for each [\w ]{2,24}|for every [\w ]{2,24}|please|pls|plz|kindly|now|then"
    r"|and|also|ok(?:ay)?|so|hi|hello|hey|can you|could you|would you|will you|can u|"
    r"i (?:want|need|would like|'d like) you to|i'd like you to|your (?:task|job) is to|[,:])*[\s,:]*"
    rf"(?:{_VERBS})\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:[\s*#_>(-]|\d[.)] )*(?:please|and|so|but|ok|also|hi|hello|hey|well|question|q|quick question"
    r"|tell me|[,:])*[\s,:]*"
    r"(?:who|whom|whose|what|what's|whats|which|when|where|why|how|is|are|was|were|does|do|did|has|have"
    r"|had|can|could|will|would|should|am)\b",
    re.IGNORECASE,
)
_DOES = re.compile(
    r"\b(?:classif\w+|label\w*|categor\w+|extract\w*|route\w*|triage\w*|detect\w*|tag\b|flag\b|decide\w*"
    r"|determin\w+|sort (?:the|each|every|incoming|user|customer)|"
    r"summari[sz]\w*|identif\w+|which (?:department|category|label|team|topic|language)|parse|convert\w*"
    r"|normali[sz]e\w*|translat\w+|read(?:s)? (?:the|each|incoming)|find the|return the|output the|get the"
    r"|wrap the|fill |(?:reply|answer|respond|output)\w* with (?:the|one|only|exactly|just|a single|a json"
    r"|json))",
    re.IGNORECASE,
)
"""What a system message says that orders something to be done with whatever users send."""
_QUESTIONS = re.compile(
    r"\b(?:answer|help)\w*\b[^.\n]{0,60}\b(?:questions?|customers?|guests?|visitors?|callers?|students?"
    r"|members?|users? (?:with|to|find)|clerks?|parents|about it)\b",
    re.IGNORECASE,
)
"""What a system message says that lets users ask."""


FORMAL = re.compile(
    r"^\W*(?:(?:please|and|but|so|then|also|just|only|always|never|do not|don't|don’t|keep|no|use|be|make"
    r"|avoid|limit|wrap|put|format|begin|start|end|finish|stick|you (?:are|answer|help|will|read|get|fill"
    r"|run|speak|talk|work|never|always)|be |stay|speak|remember|if you|feel free|refer|think|treat|round"
    r"|if |according to|based on|read (?:the|this)|nothing|json|one word|single|short|brief(?:ly)?"
    r"|in (?:one|a few|capital|lower|upper|json|a single)|max|reply in|answer in)\b"
    r"|(?:answer|reply|respond|return|output|write|print|say|give)\b(?: (?:it|me|us|the (?:answer|result"
    r"|reply)|your (?:answer|reply)|exactly|just|only|one|a|an|short|single|plain|json|briefly"
    r"|back))* ?(?:[.,:]|$|\b(?:only|in|with|as|using|briefly|short|from|to|and|without|within|like"
    r"|exactly|the question|one|at most|in the form|yes|true|digits|label|word|sentence|nothing)\b))",
    re.IGNORECASE,
)
"""A sentence that says how to answer, and not what."""


_HEAD = re.compile(r"[^:\n]{3,160}?:\s+(?=\S)")
_TAKES_LIST = re.compile(
    r"\b(?:sort|count|how many|list|repeat|alphabet\w*|turn|convert|make|rank|order|reverse|write these"
    r"|steps|uppercase|lowercase|total|sum|add|average|longest|shortest|largest|smallest)\b",
    re.IGNORECASE,
)
_BRIEF = re.compile(
    r"[ (-]{0,3}(?:(?:\w+[ ,]{1,2}){1,4}only\b|yes ?/ ?no\b|true ?/ ?false\b|no (?:units?|currency|words)\b|digits\b)",
    re.IGNORECASE,
)
"""What a sentence begins with that only says how to answer: `number only`, `yes/no`."""


class Order(NamedTuple):
    """What is ordered, sentence by sentence, and the texts that it is done with."""

    told: tuple[str, ...] = ()
    """By the user's last message first, then by the system's messages."""
    text: str = ""
    """What is given with the order; empty where nothing is."""
    background: str = ""
    """What was said before, and what a system message tells besides its orders."""
    last: str = ""
    """The user's last message."""
    rules: str = ""
    """The system's messages."""

    @property
    def asked(self) -> str:
        """All that is ordered, in a line each."""
        return "\n".join(self.told)

    @property
    def questions(self) -> tuple[str, ...]:
        """The sentences that ask."""
        return tuple(each for each in self.told if each.rstrip(" \"'”)*_").endswith("?") or _ASKS.match(each))


def order_of(items: Sequence[Item]) -> Order:
    """Return what a conversation that ends with its user's message orders."""
    messages = [item for item in items if isinstance(item, Message)]
    rules = "\n\n".join(each.text for each in messages if each.role not in ("user", "assistant"))[:MAX_TEXT]
    spoken = [each for each in messages if each.role in ("user", "assistant")]
    last = spoken[-1].text[-MAX_TEXT:] if spoken else ""
    before = "\n".join(each.text for each in spoken[:-1])[-MAX_TEXT:]
    ordered, stated = _ruled(rules)
    background = "\n".join(filter(None, (stated, before)))
    told, text = parted(last)
    is_done = _does(rules) or (
        not told and _QUESTIONS.search(rules) is None and any(not FORMAL.match(each) for each in ordered)
    )
    if is_done and not (text and told and _is_marked(last)):
        return Order(tuple(ordered), last, background, last, rules)
    if len(text.split()) < MIN_TEXT and (told or before):
        text = ""
    if not told and len(text) < 20 * MAX_TERSE and len(text.split()) <= MAX_TERSE and "\n" not in text.strip():
        told, text = [text], ""
    return Order((*told, *ordered), text, background, last, rules)


def _does(rules: str) -> bool:
    """Say whether rules order something to be done with whatever users send."""
    return _QUESTIONS.search(rules) is None and (_DOES.search(rules) is not None or len(options(rules, rules)) > 1)


def _ruled(rules: str) -> tuple[list[str], str]:
    """Return what a system's messages order, and what they state besides; paragraphs that state something do that as a
    whole."""
    ordered: list[str] = []
    stated: list[str] = []
    for paragraph in _PARAGRAPHS.split(rules):
        found = [each.text for each in sentences(paragraph)]
        orders = [each for each in found if is_order(each)]
        if 2 * len(orders) >= len(found):
            ordered += [each for each in orders if not _PART.match(each)]
            stated += [each for each in found if each not in orders]
        else:
            stated.append(paragraph.strip())
    return ordered, "\n".join(stated)


def is_order(sentence: str) -> bool:
    """Say whether a sentence orders or asks something."""
    if len(sentence) > MAX_ORDER:
        return False
    bare = sentence.rstrip(" \"'”)*_")
    asks = bare.endswith("?") or (_ASKS.match(sentence) is not None and not bare.endswith((".", "!")))
    return asks or _ORDERS.match(sentence) is not None or _BRIEF.match(sentence) is not None


def parted(message: str) -> tuple[list[str], str]:
    """Return what a message orders, and the text that it gives: orders stand before or behind a text, seldom in it."""
    if len(message) > 2 * MAX_ORDER:
        told, _ = parted(f"{_head(message).strip()}\n\n{_tail(message).strip()}"[: 2 * MAX_ORDER])
        return [each for each in told if is_order(each)], message
    given, rest = _marked(message)
    if given:
        return [each.text for each in sentences(rest)], "\n".join(given)
    paragraphs = [part for part in _PARAGRAPHS.split(message) if part.strip()]
    if len(paragraphs) > 1:
        only = [all(is_order(each.text) for each in sentences(part)) for part in paragraphs]
        kept = [
            place
            for place, is_only in enumerate(only)
            if is_only and place in (0, 1, len(paragraphs) - 2, len(paragraphs) - 1)
        ]
        if 0 < len(kept) < len(paragraphs):
            told = [each.text for place in kept for each in sentences(paragraphs[place])]
            rest_of = "\n\n".join(part for place, part in enumerate(paragraphs) if place not in kept)
            return told, rest_of
    if inline := _behind_order(message):
        return inline
    found = sentences(message)
    orders = [is_order(each.text) for each in found]
    first = next((place for place, is_one in enumerate(orders) if not is_one), len(found))
    last = next((place for place, is_one in reversed(list(enumerate(orders))) if not is_one), -1)
    if first == 0 and last == len(found) - 1:
        kept_at = [place for place, is_one in enumerate(orders) if is_one]
    else:
        kept_at = [*range(first), *range(last + 1, len(found))] if first <= last else list(range(len(found)))
    told = [found[place].text for place in kept_at]
    return told, "\n".join(each.text for place, each in enumerate(found) if place not in kept_at)


def _behind_order(message: str) -> tuple[list[str], str] | None:
    """Return the order and the text of `Summarise in a sentence: The train was late`; nothing where what stands behind
    the colon is a choice."""
    match = _HEAD.match(message)
    if not match or not is_order(match[0]):
        return None
    tail = message[match.end() :].strip()
    items = [part for part in re.split(r",|\bor\b|;", tail) if part.strip()]
    is_choice = len(items) > 1 and max(len(part.split()) for part in items) <= 3 and not _TAKES_LIST.search(match[0])
    if len(tail.split()) < MIN_TEXT or is_choice or re.match(r"\W*(?:[A-Da-d1][.)]|[-*•])\s", tail):
        return None
    head = sentences(match[0].rstrip(": "))
    behind = sentences(tail)
    last = next((place for place, each in reversed(list(enumerate(behind))) if not is_order(each.text)), -1)
    told = [each.text for each in (*head, *behind[last + 1 :])]
    return told, "\n".join(each.text for each in behind[: last + 1]) or tail


def _head(message: str) -> str:
    """Return the beginning of a long message, whole lines or sentences."""
    head = message[:MAX_ORDER]
    return head[: max(head.rfind("\n"), head.rfind(". ") + 1, MAX_ORDER // 2)]


def _tail(message: str) -> str:
    """Return the end of a long message, whole lines or sentences."""
    tail = message[-MAX_ORDER:]
    starts = [place for place in (tail.find("\n"), tail.find(". ") + 1) if place > 0]
    return tail[min(starts, default=0) :]


def _is_marked(message: str) -> bool:
    if len(message) > 2 * MAX_ORDER:
        return False
    return bool(_marked(message)[0])


def _marked(message: str) -> tuple[list[str], str]:
    """Return the texts that a message marks as given, and the message without them."""
    given, rest, place = [], [], 0
    for match in _FENCED.finditer(message):
        given.append(
            next(
                each
                for each in match.group("fenced", "tripled", "single", "tagged", "ruled", "lined")
                if each is not None
            )
        )
        rest.append(message[place : match.start()])
        place = match.end()
    outside = "\n".join((*rest, message[place:]))
    if given:
        return given, outside
    if label := _LABEL.search(message):
        return _behind(message, label.start(), label.end())
    quotes = [
        match
        for match in _QUOTED.finditer(message)
        if len(_inner(match).split()) > 3 and not _SHAPING.search(message, 0, match.start())
    ]
    if quotes:
        return _without(message, quotes)
    if (label := _INLINE.search(message)) and len(message) - label.end() > 12:
        return _behind(message, len(message[: label.end()].rstrip(": \n")), label.end())
    return [], message


def _inner(match: re.Match[str]) -> str:
    return next(each for each in match.groups() if each is not None)


def _without(message: str, quotes: Sequence[re.Match[str]]) -> tuple[list[str], str]:
    rest, place = "", 0
    for match in quotes:
        rest += message[place : match.start()] + "\n"
        place = match.end()
    return [_inner(match) for match in quotes], rest + message[place:]


def _behind(message: str, start: int, begin: int) -> tuple[list[str], str]:
    """Return what stands behind a label as given, until what says what to do with it, and the rest."""
    body = message[begin:]
    end = len(body)
    if back := _BACK.search(body):
        end = back.start()
    paragraphs = list(re.finditer(r"\n\s*\n", body[:end]))
    for gap in reversed(paragraphs):
        tail = body[gap.end() : end]
        if all(is_order(each.text) for each in sentences(tail)):
            end = gap.start()
        else:
            break
    if message[:start].strip() or end < len(body):
        return [body[:end].strip()], f"{message[:start]}\n{body[end:]}"
    told, text = parted(body)
    return ([text], "\n".join(told)) if text else ([], message)
