"""What is said to people who ask for nothing: greetings, thanks, goodbyes, and who this is."""

import re
from collections.abc import Sequence

from tercet.backends.embedded.plain.sentences import sentences

_GREETS = re.compile(
    r"(?:hi+|hello+|hey+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|morning|evening"
    r"|hallo|hola|bonjour|guten (?:tag|morgen|abend)|gr(?:ü|ue)(?:ß|ss) (?:gott|dich)|buenos d[ií]as"
    r"|buon ?giorno|ciao|salut|servus|moin|olá|hej)\b",
    re.IGNORECASE,
)
_MORNING = re.compile(r"\bgood (morning|afternoon|evening)\b", re.IGNORECASE)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|ty|cheers|much appreciated|appreciate it|danke|gracias|merci|grazie|obrigad[oa])\b",
    re.IGNORECASE,
)
_LEAVES = re.compile(
    r"\b(?:bye+|good ?bye|see (?:you|ya)|take care|good ?night|have a (?:nice|good|great) (?:day|evening"
    r"|weekend|one|night)|farewell|ciao|talk (?:to you )?(?:later|soon)|ttyl|that(?:'s|’s| is| was"
    r"|s) all(?: for (?:now|today))?|tschüss|adi[oó]s|au revoir|so long|later)\b",
    re.IGNORECASE,
)
_NIGHT = re.compile(r"\bgood ?night\b", re.IGNORECASE)
_WHO = re.compile(
    r"\b(?:who|what) (?:are|r) (?:you|u)\b(?! (?:doing|saying|going|talking))|\bwhat(?:'s|’s|s"
    r"| is) your name\b|\b(?:introduce|tell me about|describe) yourself\b|\bare you (?:a |an |really "
    r"|actually )?(?:human|bot|robot|real|ai|a\.i\.|person|machine|program|chatgpt|gpt\S*|llm"
    r"|language model|computer|chatbot|assistant)\b|\bwhich model\b|\bwhat (?:model|version"
    r"|kind of (?:model|ai|bot|assistant))\b|\bwho (?:made|built|created|trained) you\b|\b(?:your"
    r"|ur) name\b|\bwho am i (?:talking|speaking|chatting|writing) (?:to|with)\b|\bwhat do (?:i|we"
    r"|people) call you\b",
    re.IGNORECASE,
)
_ABLE = re.compile(
    r"\bwhat (?:can|could|do|would) (?:you|u) (?:do|help|offer|know|able)\b|\bwhat (?:are|r) (?:you"
    r"|u) (?:good at|able|capable|for)\b|\bhow (?:can|could|do) (?:you|u) (?:help|work|assist)\b"
    r"|\byour (?:capabilities|abilities|skills|features|strengths|limits|limitations)\b|\bwhat (?:kind"
    r"|sort|type)s? of (?:things|tasks|questions|help|jobs)\b|\bwhat else can you\b"
    r"|\bcan you help(?: me)?\s*\??$|\bwhat can i (?:ask|use) (?:you|this)\b",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"\b(?:are|r) (?:you|u) (?:still )?(?:there|here|alive|online|awake|working|up|ready|listening)\b"
    r"|\bany(?:one|body) (?:home|there|here|around)\b|\byou there\b|\bis (?:this|it"
    r"|anyone) (?:thing )?(?:on|working|there)\b|\bdo you hear me\b|\bcan you hear me\b"
    r"|^\W*(?:test(?:ing)?|ping|test 1 ?2 ?3)\W*$",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\bhow (?:are|r) (?:you|u|things)\b|\bhow(?:'s|’s| is|s) (?:it going|everything|life|your day"
    r"|things)\b|\bhow do you do\b|\bwhat(?:'s|’s|s) up\b|\bhow (?:have you been|you doing)\b"
    r"|\bhow was your\b|\bhow do you feel\b|\byou ok\b",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"\W*(?:ok(?:ay)?|great|cool|nice|perfect|good|alright|all right|got it|i see|understood|fine|yes|no"
    r"|sure|wow|awesome|super|lol|haha\w*|hm+|good job|well done|never ?mind|no problem)\W*",
    re.IGNORECASE,
)
_FEELS = re.compile(
    r"\b(?:tired|exhausted|sad|sick|ill|stressed|bored|lonely|bad day|rough|awful day|headache|worried"
    r"|nervous|upset|frustrated|long day|hard day|terrible day|miss (?:my|him|her|them)|died|passed away"
    r"|lost my|broke up)\b",
    re.IGNORECASE,
)
_GLAD = re.compile(
    r"\b(?:happy|excited|great day|good day|passed my|got the job|birthday|weekend|sunny|beautiful day"
    r"|good mood|proud)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?i:you)(?:'re| are|r name is)(?: called| named)? (?:the |an? )?(?:[a-z]\w* ){0,3}?(?!AI\b|API\b"
    r"|JSON\b|HR\b|IT\b)([A-Z]\w+(?: [A-Z]\w+)?)\b(?=,|\.| -| –|, the| the| at| of| and|;|$)"
    r"|\b(?i:your name is) ([A-Z]\w+)|\b(?:called|named) ([A-Z]\w+)"
)
_ROLE = re.compile(
    r"\byou(?:'re| are) (?:[A-Z]\w+, )?((?:the|an?) (?:[\w'&-]+ ){0,9}?(?:assistant|helper|bot|chatbot"
    r"|agent|desk|window|concierge|guide|calculator|clerk|advisor|tutor|librarian|system|receptionist"
    r"|secretary|coach|companion|service|line)\b(?: (?:of|for|on|at|in) [^.,;\n]{2,50})?)",
    re.IGNORECASE,
)
MAX_LENGTH = 240
"""Characters of a message up to which it may ask for nothing."""
ABLE = (
    "I can call the tools that an app gives me, answer questions about a text, pick a label, pull data out of messages"
    " and do small sums. I have no knowledge of the world and no access to live data."
)
"""What the shipped models can honestly say of themselves."""


def courtesy(last: str, rules: str, model: str) -> str:
    """Return what answers a message that asks for nothing but attention; empty where it asks for more.

    `rules`: the system's messages, which may give a name; `model`: what the model is called.
    """
    said = [each.text for each in sentences(last)] or [last]
    if not last.strip():
        return "Hello! What can I do for you?"
    if len(last) > MAX_LENGTH or (":" in last and "\n" in last):
        return ""
    kinds = [kind for kind in map(_kind, said) if kind]
    num_other = len(said) - len(kinds)
    if not kinds or (num_other and not ({"how"} & set(kinds)) and not _is_small(said)):
        return ""
    return _answer(list(dict.fromkeys(kinds)), last, rules, model)


_ATTENTION = frozenset(("greets", "there", "how", "who", "able", "thanks", "leaves"))
"""Kinds that are no answer to a question of the assistant's."""
MAX_NAMED = 6
"""Tools that are named where it is asked what can be done."""


def attention(last: str, rules: str, model: str, tools: Sequence[str]) -> str:
    """Return what answers a message that asks for nothing but attention, though it offers `tools`; empty where it asks
    for more."""
    said = [each.text for each in sentences(last)]
    kinds = [_kind(each) for each in said]
    if not kinds or not all(kind in _ATTENTION for kind in kinds) or len(last) > MAX_LENGTH:
        return ""
    text = _answer(list(dict.fromkeys(kinds)), last, rules, model)
    named = ", ".join(tool.replace("_", " ") for tool in tools[:MAX_NAMED])
    more = f" and {len(tools) - MAX_NAMED} more" if len(tools) > MAX_NAMED else ""
    return text.replace(ABLE, f"I can call the tools that I was given: {named}{more}.") if tools else text


def _is_small(said: list[str]) -> bool:
    """Say whether what is said besides is no more than a few words that ask nothing."""
    others = [each for each in said if not _kind(each)]
    return all(
        len(each.split()) < 5 and not each.rstrip().endswith("?") and not any(map(str.isdigit, each)) for each in others
    )


def _kind(sentence: str) -> str:
    """Return what kind of courtesy a sentence is; empty where it is none."""
    short = len(sentence.split()) <= 9
    for kind, pattern in (("able", _ABLE), ("who", _WHO), ("there", _THERE), ("how", _HOW)):
        if pattern.search(sentence) and len(sentence.split()) <= 14:
            return kind
    if _THANKS.search(sentence) and len(sentence.split()) <= 12 and not sentence.rstrip().endswith("?"):
        return "thanks"
    if _LEAVES.search(sentence) and short and not sentence.rstrip().endswith("?"):
        return "leaves"
    if (
        (match := _GREETS.match(sentence.strip()))
        and len(sentence.split()) <= len(match[0].split()) + 3
        and not sentence.rstrip().endswith("?")
    ):
        return "greets"
    if _AGREES.fullmatch(sentence):
        return "agrees"
    if _FEELS.search(sentence) and not sentence.rstrip().endswith("?") and len(sentence.split()) <= 16:
        return "feels"
    if _GLAD.search(sentence) and not sentence.rstrip().endswith("?") and len(sentence.split()) <= 12:
        return "glad"
    return ""


def _answer(kinds: list[str], last: str, rules: str, model: str) -> str:
    parts = []
    if "greets" in kinds:
        time = _MORNING.search(last)
        parts.append(f"Good {time[1].lower()}!" if time else "Hello!")
    if "there" in kinds:
        parts.append("Yes, I am here.")
    if "how" in kinds:
        parts.append("I am fine, thank you.")
    if "feels" in kinds:
        parts.append("I am sorry to hear that; I hope it gets better soon.")
    if "glad" in kinds:
        parts.append("That is good to hear!")
    if "who" in kinds:
        parts.append(identity(rules, model))
    if "able" in kinds:
        parts.append(ABLE)
    if "thanks" in kinds:
        parts.append("You're welcome!")
    if "leaves" in kinds:
        parts.append("Good night!" if _NIGHT.search(last) else "Goodbye, and take care!")
    if "agrees" in kinds and len(kinds) == 1:
        parts.append("All right. Is there anything else that I can do for you?")
    if {"greets", "there", "how"} & set(kinds) and not {"able", "leaves", "thanks"} & set(kinds):
        parts.append("What can I do for you?")
    return " ".join(parts)


def identity(rules: str, model: str) -> str:
    """Return who this is: by the name and part that a system message gives, and always a language model."""
    name, role = _NAMED.search(rules), _ROLE.search(rules)
    called = next((each for each in name.groups() if each), "") if name else ""
    what = f"a small language model ({model}) of Tercet" if model else "a small language model of Tercet"
    if called and role:
        return f"I am {called}, {role[1]}, {what}."
    if called:
        return f"I am {called}, {what}."
    return f"I am {role[1]}, {what}." if role else f"I am {what}."
