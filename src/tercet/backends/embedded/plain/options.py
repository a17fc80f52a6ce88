"""The options that an order names: `positive or negative`, `one of: billing, bug, other`, a list with descriptions."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

MAX_OPTIONS, MAX_NAME = 40, 60
MAX_TOLD = 2500
"""Characters of orders in which options are looked for."""
_QUOTES = "\"“”'‘’`*_"
_LINE = re.compile(r"^[ \t]*(?:[-*•·]|\(?[A-Za-z0-9][.)])[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_LETTERED = re.compile(r"^[ \t]*\(?([A-Za-z0-9])[.)][ \t]+(.+?)[ \t]*$", re.MULTILINE)
_NAMED_LINE = re.compile(
    r"^[ \t]*([A-Za-z][\w /&+'-]{0,40}?)[ \t]*(?:[:=]| [-–—] |\s->\s)[ \t]*(\S.*?)[ \t]*$", re.MULTILINE
)
_ABOUT = re.compile(r"^(.{1,60}?)\s*(?::|=| [-–—] |->)\s*(.+)$|^(.{1,60}?)\s*\((.+)\)\.?$", re.DOTALL)
_LEADS = (
    r"options|choices|categories|labels|classes|topics|departments|queues|teams|tags|intents|values"
    r"|answers|types|buckets|folders|groups|genres|languages|levels|priorities|moods"
)
_LISTED = re.compile(
    rf"\b(?:{_LEADS}|[a-z]+s|possible(?: \w+)?|sentiment|label|category|fits?|one)\b(?:\s+(?:are|is"
    rf"|available|allowed|to choose from|include))?[ \t]*(?::|\(|-[ \t]"
    rf"|(?=\[))+[ \t]*(?P<labelled>[^\n.?!)]+)"
    rf"|\b(?:one (?:word )?(?:of|from)|choose (?:one )?(?:from|of|out of)|pick (?:one )?(?:from|of|out of)"
    rf"|select (?:one )?(?:from|of)|(?:choose|pick|select|decide|distinguish|differentiate) (?:between"
    rf"|among)|either|whether (?:it|this|that|he|she|they|the \w+(?: \w+)?) (?:is|was|are|were)(?: an?)?"
    rf"|(?:classify|categori[sz]e|label|sort|tag|mark|rate|triage|route|assign|flag|file|grade|judge"
    rf"|put)\b[^.\n:?]{{0,70}}?(?:\bas\b|\binto\b|\bto\b|\bwith\b|\bunder\b|\bin\b)|(?:reply|answer|respond"
    rf"|return|output|print|say|write|give)\b[^.\n:?\"“]{{0,40}}?\b(?:with|as|only|just|either)|(?:answer"
    rf"|output|reply|label)\s*:)"
    r"(?:\s+(?:exactly|only|just|either|one|a|an|the|these|following|of|from|single|word|label|labels"
    r"|options?|categor(?:y|ies)|departments?|topics?|four|three|two|five|six|values?"
    r"|strings?))*\s*:?\s*(?P<following>[^\n?!]+)",
    re.IGNORECASE,
)
_OR = re.compile(
    r"(?P<first>(?:(?<![\w'-])[\w'-]{1,40}|[\"“'‘`][^\"”'’`\n]{1,40}[\"”'’`])(?: (?!or\b"
    r"|and\b)[\w'-]{1,40}){0,3}?(?:,\s+[^,.?\n:]{1,40}?){0,10}?),?\s+or\s+(?:an? |the |is it |was it "
    r"|rather )?(?P<last>[\"“'‘`]?[\w' /&-]{1,40}[\"”'’`]?)\s*(?=[?.!,;\n)]|$)",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(?<![\w/.:])([A-Za-z][\w-]*(?:\s?[/|]\s?[A-Za-z][\w-]*)+)(?![\w/.])")
_ARTICLES = re.compile(r"^(?:an?|the|it is|is it|is|as|either|to|be|being|was|say|if|whether|more) +", re.IGNORECASE)
_IF = re.compile(
    r"(?P<verb>(?:reply|answer|respond|say|return|output|print|write|use|label it|choose|give|and|or"
    r"|,)\s+)?(?:with )?(?P<quote>[\"“'‘])?(?P<name>[A-Za-z][\w-]*)[\"”'’]? (?:if|when"
    r"|for) (?P<about>[^,.;\n]+)",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"[\"“'‘]?([A-Za-z][\w-]*)[\"”'’]? (?:otherwise|if not|in all other cases|for anything else"
    r"|for everything else|else)\b|\b(?:otherwise|if not|else),? (?:reply |answer |say |return |output "
    r"|write |with )*[\"“'‘]?([A-Za-z][\w-]*)",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"\b(yes)(?:,)? ?(?:/|or|and|\|) ?(no)\b|\b(true) ?(?:/|or|and|\|) ?(false)\b|\b(y) ?/ ?(n)\b"
    r"|\b(no) ?(?:/|or) ?(yes)\b|\b(false) ?(?:/|or) ?(true)\b",
    re.IGNORECASE,
)
_STARS = re.compile(
    r"\b(?:1|one)\s*(?:-|–|to|through)\s*(?:5|five)\b|\b(?:how many stars|star rating)\b", re.IGNORECASE
)
_POLAR = re.compile(
    r"^\W*(?:(?:please|and|so|based on [^,]+,|according to [^,]+,|in (?:this|the) [^,]+,|then|answer"
    r"|tell me|say)\W*)*(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|should|must"
    r"|may)(?:n't)?\s+(?!you\b)",
    re.IGNORECASE,
)
_SENTIMENT = re.compile(
    r"\b(?:sentiment|polarity|tone of (?:the|this) (?:review|comment|tweet|message))\b", re.IGNORECASE
)
_STOPS = re.compile(
    r"\s+(?:based on|according to|depending on|for (?:the|this|each)|in (?:the|this)|and nothing|only"
    r"|with no|without|no other|please|as (?:its|the)|when|that|which|, nothing|and no|followed by"
    r"|if (?:the|it|this))\b.*$",
    re.IGNORECASE | re.DOTALL,
)


_NO_OPTION = re.compile(
    r"^(?:no \w.*|nothing|only|short|brief|labels?|categor\w+|these|following|below|options?|words?|it|so|not|one"
    r"|json|other text|explanation|digits|sentence|answer|reply)$|\b(?:nothing|else|these|following"
    r"|no other|no explanation|at most|words?|sentences?|only|decimal|currency|punctuation|letters|format"
    r"|followed|below|above|YYYY)\b|\b(?:the|your|each) (?:question|answer)\b",
    re.IGNORECASE,
)
"""What stands in lists of how to answer, and is none of what may be answered."""


class Option(NamedTuple):
    """What may be answered, and what it is about; `letter` stands before it where it has one."""

    name: str
    about: str = ""
    letter: str = ""


def options(told: str, whole: str = "") -> list[Option]:
    """Return the options that orders name; fewer than two where they name none. `whole`: the messages as they stand,
    where lists are looked for."""
    told, whole = told[:MAX_TOLD], whole[:MAX_TOLD]
    for found in (
        _lettered(whole),
        _conditions(told),
        _defined(told),
        _tagged(whole),
        _yes_no(told),
        _of_lines(told, whole),
        _listed(told),
        _ored(told),
        _slashed(told),
    ):
        if 2 <= len(found) <= MAX_OPTIONS:
            return found
    if _STARS.search(told):
        return [Option(str(number)) for number in range(1, 6)]
    return []


def is_polar(question: str) -> bool:
    """Say whether a question is answered by yes or no."""
    return _POLAR.match(question) is not None and question.rstrip(" \"'”)").endswith("?") and " or " not in question


def asks_sentiment(told: str) -> bool:
    """Say whether the sentiment is asked for, whose options go without saying."""
    return _SENTIMENT.search(told) is not None


def _clean(text: str) -> str:
    text = text.strip().strip(_QUOTES + " .,:;()[]").strip()
    while match := _ARTICLES.match(text):
        text = text[match.end() :]
    return text.strip(_QUOTES + " ")


def _with_about(text: str) -> Option:
    if match := _ABOUT.match(text.strip()):
        return Option(_clean(match[1] or match[3]), (match[2] or match[4]).strip())
    return Option(_clean(text))


def _unique(found: Iterable[Option]) -> list[Option]:
    kept = {
        each.name.lower(): each
        for each in found
        if each.name and len(each.name) <= MAX_NAME and not _NO_OPTION.search(each.name)
    }
    return list(kept.values())


_INLINE = re.compile(r"\(?\b([a-eA-E])\)\s*([^,;()?\n]{2,60}?)(?=\s*(?:,|;|\?|\n|$|\(?\b[b-eB-E]\)|\bor \())")


def _lettered(whole: str) -> list[Option]:
    inline = _INLINE.findall(whole)
    if len(inline) > 1 and [letter.lower() for letter, _ in inline] == list("abcde")[: len(inline)]:
        return [Option(_clean(text), "", letter) for letter, text in inline]
    found = _LETTERED.findall(whole)
    letters = [letter.upper() for letter, _ in found]
    is_list = len(found) > 1 and all(ord(b) - ord(a) == 1 for a, b in pairwise(letters))
    if not is_list or not letters[0].isalpha():
        return []
    return [
        Option(_clean(text) if len(text) < MAX_NAME else text, "" if len(text) < MAX_NAME else text, letter)
        for letter, text in found
    ]


def _conditions(told: str) -> list[Option]:
    """Return the options of `Reply YES if it is late, NO otherwise`."""
    other = _OTHERWISE.search(told)
    found = [
        Option(match["name"], match["about"])
        for match in _IF.finditer(told)
        if (match["verb"] or match["quote"] or match["name"].isupper())
        and match["name"].lower() not in ("even", "only", "as", "it", "that", "them", "you", "word", "nothing")
    ]
    if other:
        name = other[1] or other[2]
        found = [each for each in found if each.name.lower() != name.lower()][:8]
        return [*found, Option(name)] if found else []
    return _unique(found) if len(found) > 1 else []


_PICKS = re.compile(
    rf"\b(?:{_LEADS}|one of|which of|which one|recommend|who of|suits?|pick|choose|select|classify"
    rf"|categori[sz]e|labels?|route|assign|best (?:fits?|match\w*|subject)|(?:which"
    rf"|what) (?:\w+ )?(?:category|label|action|department|option|team|tag|queue|tool|person|product"
    rf"|plan))\b",
    re.IGNORECASE,
)


def _of_lines(told: str, whole: str) -> list[Option]:
    """Return the options that stand in a line each, with what they are about behind a colon or a dash."""
    if not _PICKS.search(told):
        return []
    lines = [_with_about(each) for each in _LINE.findall(whole)]
    if len(lines) > 1:
        return _unique(lines)
    named = [
        Option(_clean(name), about)
        for name, about in _NAMED_LINE.findall(whole)
        if name.lower() not in _NO_NAMES and not _WH.match(name)
    ]
    return _unique(named) if len(named) > 1 and all(len(each.name.split()) < 4 for each in named) else []


_WH = re.compile(r"(?:which|what|who|where|when|how|is|are|does|do|did)\b", re.IGNORECASE)
_NO_NAMES = frozenset(
    (
        "text message mail email review question answer subject note options input output sentence ticket"
        " request context title from to date here"
    ).split()
)


_DEFINED = re.compile(
    r"(?:^|[;,.:\n]\s*)[\"“'‘]?([A-Za-z][\w/-]*(?: [\w-]+){0,2})[\"”'’]?\s*(?:=|->"
    r"|→)\s*([^;\n=]+?)(?=[;\n]|,\s*[\"“'‘]?\w+[\"”'’]?\s*=|\.\s|\.?$)"
)
_GLOSSED = re.compile(
    r"[\"“'‘]?([A-Za-z][\w/&-]*(?: [\w&-]+){0,2}?)[\"”'’]?\s*\(([^()]{3,120})\)(?=\s*(?:,|;|\.|or\b|and\b|$|\n))"
)
_TAG = re.compile(r"<\w+ (?:name|id|label)=[\"']([^\"']+)[\"']>([^<]+)</")


def _defined(told: str) -> list[Option]:
    """Return the options of `P1 = all are affected; P2 = one is` and of `parks (trees, lawns), roads (signs)`."""
    if _SHAPES.search(told):
        return []
    found = _unique(Option(_clean(name), about.strip()) for name, about in _DEFINED.findall(told))
    if len(found) > 1:
        return found
    glossed = _unique(
        Option(_clean(re.sub(r"^.*?\b(?:or|and|either|as|into|of|to)\s+", "", name)), about.strip())
        for name, about in _GLOSSED.findall(told)
    )
    return glossed if len(glossed) > 1 else []


def _tagged(whole: str) -> list[Option]:
    return _unique(Option(_clean(name), about.strip()) for name, about in _TAG.findall(whole))


def _yes_no(told: str) -> list[Option]:
    match = _YES_NO.search(told)
    return [Option(each) for each in match.groups() if each] if match else []


def _split(listed: str) -> list[Option]:
    listed = _STOPS.sub("", listed)
    depth, part, parts = 0, "", []
    for character in listed:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in ",;|/":
            parts.append(part)
            part = ""
        else:
            part += character
    parts.append(part)
    last = re.split(r"\s+(?:or|and|&)\s+(?![^(]*\))", parts[-1].strip())
    parts = [*parts[:-1], *(last if len(parts) > 1 or len(last) > 1 else parts[-1:])]
    found = [_with_about(re.sub(r"^\s*(?:or|and)\s+", "", each)) for each in parts if each.strip(" .")]
    return _unique(found)


_SHAPES = re.compile(r"\b(?:keys?|fields?|columns?|json|yaml|format|form|object|array)\b", re.IGNORECASE)
"""What is spoken of where an answer's form is listed, and no choice."""


def _listed(told: str) -> list[Option]:
    best: list[Option] = []
    for match in _LISTED.finditer(told):
        if _SHAPES.search(match[0][: match.end() - match.start()].split(":")[0] if match["labelled"] else match[0]):
            continue
        listed = match["labelled"] or match["following"] or ""
        listed = re.split(r"(?<=\w)\.(?:\s|$)|(?<=[\"”'’)])\.(?:\s|$)|[?!\n]", listed)[0]
        found = _split(listed)
        is_offered = (
            match["labelled"] is not None
            or re.search(
                r"\bor\b|[/|\"“'‘]|:\s*$",
                f"{listed}{match[0][: match.start('following') - match.start()].rstrip()[-1:]}",
            )
            is not None
        )
        if match["labelled"] and not (
            _PICKS.search(told) or re.match(rf"(?:{_LEADS}|sentiment|possible)\b", match[0], re.IGNORECASE)
        ):
            continue
        is_named = re.match(
            r"(?:one|choose|pick|select|(?:choose|pick|select|decide|distinguish|differentiate) (?:between|among)"
            r"|either|whether|classify|categor|label|sort|tag|mark|rate|triage|route|assign|flag|file|grade|judge)",
            match[0],
            re.IGNORECASE,
        )
        if not (is_offered or is_named):
            continue
        is_short = all(len(each.name.split()) <= 4 for each in found)
        if len(found) > 1 and is_short and re.search(r",|\bor\b|/|\||;|\band\b", listed) and len(found) > len(best):
            best = found
    return best


def _ored(told: str) -> list[Option]:
    for match in _OR.finditer(told):
        begin = max((told.rfind(mark, 0, match.start()) for mark in ".?!\n:"), default=-1) + 1
        found = _split(f"{_tail(told[begin : match.start()] + match['first'], match['last'])}, {match['last']}")
        if len(found) > 1 and all(len(each.name.split()) <= 4 for each in found):
            return found
    return []


def _tail(first: str, last: str) -> str:
    """Return the first options without what leads to them: `Is it a cat` of `Is it a cat or dog`."""
    head, comma, rest = first.partition(",")
    if comma and re.match(r"\W*(?:who|what|which|where|when|on which|in which)\b", head, re.IGNORECASE):
        return rest.strip()
    words = head.split()
    leads = [
        place
        for place, word in enumerate(words)
        if word.lower()
        in (
            "is",
            "it",
            "a",
            "an",
            "are",
            "was",
            "as",
            "the",
            "this",
            "either",
            "be",
            "than",
            "of",
            "in",
            "for",
            "to",
            "mainly",
            "mostly",
            "about",
        )
    ]
    kept = words[leads[-1] + 1 :] if leads else words
    return " ".join(kept[-max(1, len(last.split())) :] if not comma else kept) + comma + rest


def _slashed(told: str) -> list[Option]:
    match = _SLASHED.search(told)
    return _unique(Option(_clean(each)) for each in re.split(r"[/|]", match[1])) if match else []


def ruled(found: Sequence[Option], rules: str) -> list[Option]:
    """Return options, those without a description with the sentences of rules that begin with their names:
    `Reject insults`."""
    made = []
    for each in found:
        said = re.findall(
            rf"(?:^|[.!\n]\s*|,\s+)(?:\W*)\b{re.escape(each.name)}\b(?!\s*(?:or|,|/|\.|and)\b)\s+([^.\n]{{4,160}})",
            rules,
            re.IGNORECASE,
        )
        made.append(each if each.about or not said else each._replace(about="; ".join(said)))
    return made
