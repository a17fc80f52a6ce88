"""The form that an answer is asked for in: one word, only the number, in capitals, as a list, in tags, with an ending.

Read from the sentences that order something; each rule is of a wording that people use. What is not understood is not
guessed at.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Layout = Literal["", "object", "array", "pairs", "bullets", "numbered", "lines", "joined"]
Case = Literal["", "upper", "lower", "title"]
Sorting = Literal["", "alphabetical", "ascending", "descending", "reversed"]

_QUOTE = r"[\"“'‘`]([^\"”\n`]{1,120}?)[\"”'’`](?=[\s.,;:!?)]|$)"
_ANY = (
    r"(?:with|by|in|as)\s+(?:exactly\s+)?(?:the\s+)?(?:exact\s+)?(?:words?\s+|phrase\s+|prefix\s+|text\s+"
    r"|label\s+|sentence\s+|line\s+|string\s+|question\s+)?:?\s*"
)
_BEGIN = re.compile(
    rf"\b(?:start|begin|prefix|preface|open|precede)\b[^.\n\"“'‘`]{{0,40}}?\b{_ANY}{_QUOTE}"
    rf"|\bprefix\s+(?:it\s+|the answer\s+)?(?:of\s+)?{_QUOTE}",
    re.IGNORECASE,
)
_BEGIN_BARE = re.compile(
    r"\b(?:start|begin|prefix)\b[^.\n\"“'‘`]{0,30}?\bwith\s+(?:the (?:word|prefix) )?([A-Z][\w ]{0,30}:)", re.IGNORECASE
)
_FINISH = re.compile(
    rf"\b(?:end|finish|close|conclude|sign off|append|add)\b[^.\n\"“'‘`]{{0,40}}?(?:\b{_ANY}|\b(?:end"
    rf"|append|add)\s+){_QUOTE}",
    re.IGNORECASE,
)
_FINISH_BARE = re.compile(
    r"\b(?:end|finish|close|sign off)\b[^.\n\"“'‘`]{0,30}?\bwith\s+(?:the (?:words?"
    r"|phrase) )?([A-Z][\w' ,]{2,40}[.!]?)\s*$",
    re.MULTILINE,
)
_TEMPLATE = re.compile(
    r"\b(?:format|form|like this|as|style|template|pattern|reply|respond"
    r"|answer)\b[^\n\"“'‘`]{0,30}?[:\s]\s*[\"“'‘`]?((?:[^\n<>{}\[\]\"“'‘`]{0,40}?)[<\[{](?:your "
    r"|the )?[\w \-/]{1,40}[>\]}][^\n\"”'’`<>{}\[\]]{0,20})[\"”'’`]?",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"^\W*(?:(?:in|as|with|using|of) )?(?:the|this|a|following)? ?(?:form|format|template|style|pattern)\W*",
    re.IGNORECASE,
)
_SLOT = re.compile(r"[<\[{](?:your |the )?[\w \-/]{1,40}[>\]}]")
_DOTS = re.compile(r"[\"“'‘`]([^\"”\n.]{1,40}?)\s*(?:\.{3}|…)[\"”'’`]")
_MARKED = re.compile(
    r"\bfollowed by an? (exclamation mark|question mark|full stop|period|colon|comma|semicolon)\b", re.IGNORECASE
)
_MARKS = {
    "exclamation mark": "!",
    "question mark": "?",
    "full stop": ".",
    "period": ".",
    "colon": ":",
    "comma": ",",
    "semicolon": ";",
}
_NEAREST = re.compile(r"\bnearest (ten|hundred|thousand|million|10|100|1,?000)\b", re.IGNORECASE)
_TENS = {"ten": -1, "10": -1, "hundred": -2, "100": -2, "thousand": -3, "1000": -3, "1,000": -3, "million": -6}
_TAGS = re.compile(
    r"<(\w[\w-]*)>\s*(?:\.{3}|…)?\s*</\1>|\b(?:in|inside|within|between|with|using)\s+(?:an?\s+"
    r"|the\s+)?<(\w[\w-]*)>\s*(?:tags?|and)?",
    re.IGNORECASE,
)
_WRAPS = (
    (
        re.compile(
            r"\bdouble quot(?:es|ation marks)\b|\b(?:in|inside|within|with|between) (?:quotes|quotation marks)\b"
            r"|\bquote marks\b",
            re.IGNORECASE,
        ),
        ('"', '"'),
    ),
    (re.compile(r"\bsingle quot(?:es|ation marks)\b", re.IGNORECASE), ("'", "'")),
    (re.compile(r"\b(?:square|box) brackets\b", re.IGNORECASE), ("[", "]")),
    (re.compile(r"\bdouble (?:square )?brackets\b", re.IGNORECASE), ("[[", "]]")),
    (re.compile(r"\b(?:curly braces|curly brackets|braces)\b", re.IGNORECASE), ("{", "}")),
    (re.compile(r"\bangle brackets\b", re.IGNORECASE), ("<", ">")),
    (
        re.compile(
            r"\b(?:in|inside|within|with|between) (?:round )?(?:brackets|parenthes[ei]s)\b|\bround brackets\b",
            re.IGNORECASE,
        ),
        ("(", ")"),
    ),
    (re.compile(r"\bbackticks?\b", re.IGNORECASE), ("`", "`")),
    (re.compile(r"\b(?:in|make it|as) bold\b|\bbold(?:ed)?\b", re.IGNORECASE), ("**", "**")),
    (re.compile(r"\bitalics?\b", re.IGNORECASE), ("*", "*")),
    (re.compile(r"\basterisks\b", re.IGNORECASE), ("*", "*")),
)
_UPPER = re.compile(
    r"\b(?:upper[ -]?case|all caps|all[ -]capitals?|(?:in|as|with|use|only) (?:all )?(?:caps|capitals"
    r"|capital letters|block letters)|capital letters|capitals only|uppercased|caps only|all upper)\b",
    re.IGNORECASE,
)
_LOWER = re.compile(
    r"\b(?:lower[ -]?case[d]?|small letters|no capitals|no capital letters|without capital(?:s| letters)?|all lower)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\btitle case\b|\bcapitali[sz]e (?:each|every) word\b|\b(?:each|every) word capitali[sz]ed\b", re.IGNORECASE
)
_CASES: Sequence[tuple[re.Pattern[str], Case]] = ((_TITLE, "title"), (_UPPER, "upper"), (_LOWER, "lower"))
_OBJECT = re.compile(r"\bjson\b(?! (?:list|array))|\bas an? object\b", re.IGNORECASE)
_ARRAY = re.compile(
    r"\bjson (?:list|array)\b|\b(?:as|in|return|give|output) an? (?:python list|array|json list)\b"
    r"|\bpython list\b|\barray of strings\b",
    re.IGNORECASE,
)
_BULLETS = re.compile(
    r"\bbullet(?:s|ed|[ -]?points?|[ -]?list)?\b|\bdash(?:es|ed)? list\b|\b(?:start(?:ing)?|begin(?:ning)?"
    r"|prefix(?:ed)?) (?:each|every)[^.\n]{0,30} (?:with|by) (?:a |an )?(?:dash|hyphen|\"[-*] ?\""
    r"|'[-*] ?')|\bmarkdown list\b|\bunordered list\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\bnumbered\b|\bnumbered list\b|\bnumber (?:them|the items|each)\b|\bordered list\b|\blist numbered\b"
    r"|\b1\., 2\.|\"1\.\"",
    re.IGNORECASE,
)
_LINES = re.compile(
    r"\b(?:one|each|every)(?: \w+){0,3} (?:per|a|on (?:its|a|their)(?: own| new| separate)?"
    r"|in its own) lines?\b|\bper line\b|\b(?:separate|new|different|own) lines?\b|\bline by line\b"
    r"|\bnewline[- ]separated\b",
    re.IGNORECASE,
)
_JOINED = (
    (
        re.compile(
            r"\bcomma[- ]?(?:separated|delimited)|\bseparated? (?:\w+ ){0,2}(?:by|with) (?:a )?commas?\b"
            r"|\bcommas? between\b|\bwith commas\b|\bcsv\b",
            re.IGNORECASE,
        ),
        ", ",
    ),
    (
        re.compile(
            r"\bsemi-?colon[- ]?(?:separated|delimited)|\bseparated? (?:\w+ ){0,2}(?:by"
            r"|with) (?:a )?semi-?colons?\b|\bsemicolons? between\b",
            re.IGNORECASE,
        ),
        "; ",
    ),
    (
        re.compile(
            r"\bpipe[- ]?(?:separated|delimited)|\bseparated? (?:\w+ ){0,2}(?:by|with) (?:a )?(?:pipes?"
            r"|vertical bars?|\")?\|?\b(?:pipes?|bars?)",
            re.IGNORECASE,
        ),
        " | ",
    ),
    (
        re.compile(r"\bspace[- ]?separated|\bseparated? (?:\w+ ){0,2}by (?:a )?(?:single )?spaces?\b", re.IGNORECASE),
        " ",
    ),
    (re.compile(r"\bslash[- ]?separated|\bseparated? (?:\w+ ){0,2}by (?:a )?slash(?:es)?\b", re.IGNORECASE), "/"),
)
_TIGHT = re.compile(r"\b(?:no|without(?: any)?) (?:spaces?|whitespace)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:only|just|nothing but|single) (?:the |a |an |one )?(?:\w+ )?(?:numbers?|figures?|digits?"
    r"|integers?|amount|count)\b|\b(?:number|figure|digits?|integer|numeral|numbers) (?:only|alone"
    r"|and nothing)\b"
    r"|\bas an? (?:\w+ )?(?:number|integer|figure|digit)\b|\b(?:with)?out (?:the |any )?(?:unit|units"
    r"|currency|currency sign|symbol|currency symbol|euro sign|dollar sign)\b|\bno (?:units?|currency"
    r"|symbols?|currency symbols?|currency sign)\b|\bin (?:digits|figures|numerals)\b|\b(?:a|one|bare"
    r"|plain) (?:single )?(?:number|integer)[.,]? (?:only|no|nothing|please)\b|\bnumeric(?:al)? (?:answer"
    r"|value)\b|\bjust (?:a|the) number\b",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"\b(\w+) (?:decimal(?: place)?s?|decimal digits?|digits after)\b", re.IGNORECASE)
_WHOLE = re.compile(
    r"\b(?:nearest (?:whole|integer|euro|dollar|unit|one|percent|pound|kilo|gram|minute|hour)|whole number"
    r"|no decimals?|without decimals?|an integer|rounded (?:up|down)?\s*to (?:the )?(?:a )?(?:whole"
    r"|integer))\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"\bYYYY-MM-DD\b|\bISO(?: 8601)?(?: date| format)?\b", re.IGNORECASE)
_DAY_FIRST = re.compile(r"\bDD([./-])MM\1YYYY\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"\bMM([./-])DD\1YYYY\b", re.IGNORECASE)
_CLOCK = re.compile(r"\bHH:MM\b|\b24[- ]?hours?\b|\b24h\b", re.IGNORECASE)
_BARE = re.compile(
    r"\b(?:no|without(?: any)?|avoid|omit|leave out|skip|don't use(?: any)?"
    r"|do not use(?: any)?) (?:punctuation|full stops?|periods?|final (?:period|full stop)"
    r"|trailing (?:period|punctuation))\b",
    re.IGNORECASE,
)
_NO_COMMAS = re.compile(
    r"\b(?:no|without(?: any| using)?|avoid|don't use(?: any)?|do not use(?: any)?|not use any) commas?\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:full|complete|whole|single|one|1|short) (?:\w+ )?sentence\b|\bin a sentence\b", re.IGNORECASE
)
_WORDS = re.compile(
    r"\b(?:at most|no more than|max(?:imum)?(?: of)?|up to|under|fewer than|less than|within|in"
    r"|not more than|exactly|only|just"
    r"|limit(?:ed)? (?:\w+ ){0,3}to)\s+(?:a )?(?:max(?:imum)? (?:of )?)?(\w+)\s+words?\b"
    r"|\b(\w+) words? (?:max|maximum|or (?:less|fewer)|at most|only|limit)\b|\b(\w+)-word (?:answer|reply"
    r"|summary|title|label)\b",
    re.IGNORECASE,
)
_FEWER = re.compile(r"\b(?:under|fewer than|less than)\b", re.IGNORECASE)
_ONE_WORD = re.compile(
    r"\b(?:one|single|1)[ -]word\b|\bword only\b|\bonly (?:the|one|a) word\b|\bjust (?:the|one|a) word\b", re.IGNORECASE
)
_ONLY = re.compile(
    r"\b(?:only|just|nothing else|nothing more|no explanations?|no other text|no extra (?:text|words)"
    r"|without (?:any )?(?:explanation|comment|extra)|no (?:commentary|preamble|prose|chatter|intro"
    r"|sentence|full sentence|comments?)|and nothing|exact(?:ly)?|verbatim|alone)\b",
    re.IGNORECASE,
)
_SORTED: Sequence[tuple[re.Pattern[str], Sorting]] = (
    (re.compile(r"\breverse(?:d)? alphabetical|\bZ (?:to|-) A\b", re.IGNORECASE), "reversed"),
    (re.compile(r"\balphabetic(?:al(?:ly)?)?\b|\bA (?:to|-) Z\b|\bA-Z\b|\balphabet\b", re.IGNORECASE), "alphabetical"),
    (
        re.compile(
            r"\b(?:descending|highest (?:to lowest|first)|largest (?:to smallest|first)|biggest (?:to smallest"
            r"|first)|decreasing|from (?:high|large|big|most)\w* to|latest first|newest first|most expensive first"
            r"|oldest to youngest|longest first)\b",
            re.IGNORECASE,
        ),
        "descending",
    ),
    (
        re.compile(
            r"\b(?:ascending|lowest (?:to highest|first)|smallest (?:to largest|to biggest|first)|increasing"
            r"|from (?:low|small|least|cheap)\w* to|earliest first|oldest first|cheapest (?:first|to)"
            r"|chronological(?:ly)?|shortest first|youngest to oldest)\b",
            re.IGNORECASE,
        ),
        "ascending",
    ),
)
_KEYS = re.compile(
    r"\b(?:keys|key:|fields|properties|attributes)\b(?: (?:named|called|are|should be|must be|in this order"
    r"|in the order))?\s*[:(]?\s*((?:[\"“'‘`]?[A-Za-z_][\w-]*[\"”'’`]?(?:\s*\([^)]*\))?(?:,? and |,? & "
    r"|, ?)?)+)"
    r"|((?:[\"“'‘`][A-Za-z_][\w-]*[\"”'’`](?:,? and |, ?)?)+)\s*(?:keys?|fields?)?",
    re.IGNORECASE,
)
_KEY = re.compile(r"[A-Za-z_][\w-]*")
_QUOTED_KEY = re.compile(r"[\"“'‘`]([A-Za-z_][\w-]*)[\"”'’`]")
_JSON_KEYS = re.compile(r"[\"“]([A-Za-z_][\w-]*)[\"”]\s*:")
_NOT_KEYS = frozenset(
    "and the are with only named called as from in a an of to for be exactly these two three is it text json".split()
)
_COUNTS = {
    word: number
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
} | {"fifteen": 15, "twenty": 20, "a": 1, "single": 1, "thirty": 30}


_INPUT = re.compile(r"\b(?:input|you (?:get|receive)|given)\b[^.\n]*\bjson\b[^.\n]*\.?", re.IGNORECASE)
"""What says that JSON is given, and not wanted."""
_PAIRS = re.compile(r"\byaml\b|[`\"'‘“]?key: ?value[`\"'’”]?|\blines? of the form\b", re.IGNORECASE)
_BULLET = re.compile(
    r"[\"'‘“`(]([*•·+–]) ?[\"'’”`)]|([*•]) (?:bullets?|sign)|\b(asterisks?) as bullets?", re.IGNORECASE
)
_DEFAULT = re.compile(
    r"\b(?:[Ii]f (?:there (?:is|are)|it|none|not|no|nothing|the (?:text|message)|missing|absent|you can(?:'t"
    r"|not))[^.\n]{0,70}?|otherwise|or else|else),? "
    r"(?:(?:please )?(?:output|return|reply|answer|write|print|say|give|use|put|respond)(?: with| just"
    r"| only)?\s+|with )?[\"“'‘`]?"
    r"(\[\]|N/?A|n/a|NONE|None|none|NULL|null|UNKNOWN|unknown|NO|nothing found|not found|-"
    r"|[A-Z][A-Z_]{2,14}|(?<=[\"“'‘`])[^\"”'’`\n]{1,40}(?=[\"”'’`]))",
)


class Shape(NamedTuple):
    """How an answer is to be written."""

    layout: Layout = ""
    separator: str = ", "
    keys: tuple[str, ...] = ()
    """Of a JSON object."""
    case: Case = ""
    wrap: tuple[str, str] = ("", "")
    before: str = ""
    behind: str = ""
    is_number: bool = False
    """Whether a number is wanted without its unit."""
    decimals: int | None = None
    day: str = ""
    """How a date is to be written, as `strftime` takes it."""
    is_clock: bool = False
    """Whether a time is to be written as HH:MM."""
    is_bare: bool = False
    """Whether no punctuation is wanted."""
    has_commas: bool = True
    is_sentence: bool = False
    max_words: int | None = None
    is_only: bool = False
    """Whether nothing but the answer is wanted."""
    sorting: Sorting = ""
    bullet: str = "-"
    """What stands before each item of a list."""
    default: str = ""
    """What is wanted where there is nothing to tell."""

    @property
    def is_list(self) -> bool:
        """Whether several values are wanted."""
        return self.layout in ("array", "bullets", "numbered", "lines", "joined")


def shape_of(asked: str) -> Shape:
    """Return the form that orders ask for."""
    asked = _INPUT.sub("", asked)
    wrap = next((marks for pattern, marks in _WRAPS if pattern.search(asked)), ("", ""))
    if tag := _TAGS.search(asked):
        name = tag[1] or tag[2]
        wrap = (f"<{name}>", f"</{name}>")
    before, behind = _around(asked)
    layout, separator = _layout(asked)
    words = _max_words(asked)
    day = "%Y-%m-%d" if _ISO.search(asked) else ""
    if match := _DAY_FIRST.search(asked):
        day = match[1].join(("%d", "%m", "%Y"))
    elif match := _MONTH_FIRST.search(asked):
        day = match[1].join(("%m", "%d", "%Y"))
    return Shape(
        layout=layout,
        separator=separator.strip() if _TIGHT.search(asked) else separator,
        keys=_keys(asked) if layout in ("object", "pairs") else (),
        case=next((case for pattern, case in _CASES if pattern.search(asked)), ""),
        wrap=wrap,
        before=before,
        behind=behind,
        is_number=_NUMBER.search(asked) is not None,
        decimals=_decimals(asked),
        day=day,
        is_clock=_CLOCK.search(asked) is not None,
        is_bare=_BARE.search(asked) is not None,
        has_commas=_NO_COMMAS.search(asked) is None,
        is_sentence=_SENTENCE.search(asked) is not None,
        max_words=words,
        is_only=_ONLY.search(asked) is not None or words == 1,
        bullet=_bullet(asked),
        default=_default(asked),
        sorting=next((how for pattern, how in _SORTED if pattern.search(asked)), ""),
    )


def _bullet(asked: str) -> str:
    match = _BULLET.search(asked)
    return (match[1] or match[2] or "*") if match else "-"


def _default(asked: str) -> str:
    match = _DEFAULT.search(asked)
    return match[1] if match else ""


def _around(asked: str) -> tuple[str, str]:
    """Return what an answer is to begin and to end with."""
    before = behind = ""
    if match := _BEGIN.search(asked):
        before = match[1] or match[2]
    elif match := _BEGIN_BARE.search(asked):
        before = match[1]
    if (match := _FINISH.search(asked)) or (match := _FINISH_BARE.search(asked)):
        behind = match[1]
    if match := _MARKED.search(asked):
        behind = _MARKS[match[1].lower()]
    if not before and (match := _DOTS.search(asked)):
        before = match[1]
    if not (before or behind) and not _TAGS.search(asked) and (match := _TEMPLATE.search(asked)):
        written = _FORM.sub("", match[1])
        slots = list(_SLOT.finditer(written))
        if len(slots) == 1 and (written[: slots[0].start()].strip() or written[slots[0].end() :].strip(" .")):
            before, behind = written[: slots[0].start()], written[slots[0].end() :].rstrip(" .")
    return before, behind


def _layout(asked: str) -> tuple[Layout, str]:
    """Return how several values stand together, and what stands between them."""
    if _ARRAY.search(asked):
        return "array", ", "
    if _OBJECT.search(asked):
        return "object", ", "
    if _PAIRS.search(asked):
        return "pairs", "\n"
    if _NUMBERED.search(asked):
        return "numbered", "\n"
    if _BULLETS.search(asked):
        return "bullets", "\n"
    for pattern, separator in _JOINED:
        if pattern.search(asked):
            return "joined", separator
    return ("lines", "\n") if _LINES.search(asked) else ("", ", ")


def _keys(asked: str) -> tuple[str, ...]:
    """Return the keys that a JSON object is to have."""
    if found := _JSON_KEYS.findall(asked):
        return tuple(dict.fromkeys(found))
    for match in _KEYS.finditer(asked):
        listed = re.sub(r"\([^)]*\)", "", match[1] or match[2] or "")
        quoted = _QUOTED_KEY.findall(listed)
        names = [each for each in quoted or _KEY.findall(listed) if each.lower() not in _NOT_KEYS]
        if names:
            return tuple(dict.fromkeys(names))
    return ()


def count_of(word: str) -> int | None:
    """Return the number that a word says; none where it says none."""
    return int(word) if word.isdigit() else _COUNTS.get(word.lower())


def _decimals(asked: str) -> int | None:
    if match := _NEAREST.search(asked):
        return _TENS[match[1].lower()]
    if _WHOLE.search(asked):
        return 0
    match = _DECIMALS.search(asked)
    return count_of(match[1]) if match else None


def _max_words(asked: str) -> int | None:
    if match := _WORDS.search(asked):
        number = count_of(next(each for each in match.groups() if each))
        if number is not None:
            return number - bool(_FEWER.match(match[0]))
    return 1 if _ONE_WORD.search(asked) else None
