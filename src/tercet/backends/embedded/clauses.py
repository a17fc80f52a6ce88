"""A message that asks for several things, taken apart into what it asks for, one after the other.

Splits at the ends of sentences and where a new request begins inside one. It does not know which tools there are.
"""

import re

MAX_CLAUSES = 24
MIN_CLAUSE = 8
"""Characters; shorter pieces stay with their neighbour."""
_VERBS = (
    "add|analy[sz]e|answer|apply|arrange|assess|assign|book|borrow|buy|calculate|call|cancel|change|check|choose|"
    "compare|compute|confirm|convert|count|create|decode|delete|describe|detect|determine|download|email|encode|enroll|estimate|"
    "evaluate|execute|explain|extract|fetch|file|filter|find|forecast|gather|generate|get|give|help|identify|inform|"
    "join|let me|list|locate|log|look|make|map|measure|message|move|notify|obtain|open|order|pay|perform|plan|play|"
    "post|predict|print|provide|pull|purchase|query|rate|read|recommend|record|register|remind|remove|rent|repeat|report|"
    "request|reserve|retrieve|return|review|run|save|schedule|search|see|select|sell|send|set|share|show|simulate|solve|"
    "sort|start|stop|submit|subscribe|suggest|summari[sz]e|tell|track|transfer|translate|turn|update|upload|validate|"
    "verify|view|watch|write"
)
IMPERATIVE = re.compile(_VERBS, re.IGNORECASE)
"""A word with which requests begin."""
_OTHERS = r"another|what|how|where|when|who|which|is|are|do|does|can|could|would|i\s|i'd|i'm"
_OPENINGS = rf"(?:please\s+)?(?:{_VERBS}|{_OTHERS})\b"
_CONNECTIVES = (
    r"then|also|finally|afterwards?|after that|additionally|next|lastly|secondly|thirdly|furthermore|moreover|"
    r"in addition|besides|plus|as well as|once (?:that's|that is|you're) done|on top of that|meanwhile"
)
_BREAK = re.compile(
    rf"[,;]?\s+(?:and\s+)?(?:{_CONNECTIVES}),?\s+"
    rf"|[,;]?\s+(?:and|&)\s+(?={_OPENINGS})"
    rf"|,\s+(?={_OPENINGS})"
    r"|(?:(?<=[.?!;])|(?<=[.?!;]['\"”’)]))\s+|\n+",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"\n]{1,600}"|“[^”\n]{1,600}”|(?<!\w)\'[^\'\n]+(?:\'\w[^\'\n]*)*\'(?!\w)')
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Prof|vs|e\.g|i\.e|No|[A-Z])\.)$")


def clauses(text: str) -> list[str]:
    """Return the parts of `text`, in order; together they are all of it but the words that join them."""
    quotes = [match.span() for match in _QUOTED.finditer(text) if len(match[0]) < 0.8 * len(text)]
    parts: list[str] = []
    begin = 0
    for match in _BREAK.finditer(text):
        is_quoted = any(start < match.start() < end for start, end in quotes)
        is_short = match.start() - begin < MIN_CLAUSE or len(text) - match.end() < MIN_CLAUSE
        if is_quoted or is_short or _ABBREVIATION.search(text[begin : match.start()]):
            continue
        parts.append(text[begin : match.start()])
        begin = match.end()
        if len(parts) == MAX_CLAUSES - 1:
            break
    return [*parts, text[begin:]]
