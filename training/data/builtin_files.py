"""Tasks over small files: read a JSON path, search a text, and go on with what was found.

The files exist only as the results of the tool calls; the request names the file and the place.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from training.data import builtin_tools as tools
from training.data.values import kinds, words
from training.data.values.numbers import number_text

Step = tuple[str, Mapping[str, object], object]


@dataclass
class FileTask:
    request: str
    listed: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)
    reply: str = ""


RECORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "orders": (
        "order",
        {
            "total": "money", "customer": "person", "status": "pick:paid;open;shipped;cancelled", "city": "city",
            "quantity": "int:1-40",
        },
    ),
    "invoices": (
        "invoice",
        {
            "total": "money", "client": "company", "due_date": "date_iso", "number": "id:INV",
            "currency": "currency_code",
        },
    ),
    "users": (
        "user",
        {"name": "person", "email": "email", "age": "int:18-80", "country": "country", "username": "username"},
    ),
    "products": (
        "product", {"name": "product", "price": "money", "stock": "int:0-500", "sku": "id:SKU", "color": "color"},
    ),
    "employees": (
        "employee",
        {
            "name": "person", "salary": "int:24000-140000", "department": "pick:sales;finance;support;research",
            "email": "email",
        },
    ),
    "books": ("book", {"title": "book", "author": "person", "year": "year", "isbn": "isbn", "pages": "int:80-900"}),
    "trips": ("trip", {"city": "city", "distance_km": "int:5-900", "date": "date_iso", "cost": "money"}),
    "sensors": ("sensor", {"temperature": "float:-10-40", "location": "city", "id": "id:S", "battery": "int:1-100"}),
    "tasks": ("task", {"title": "title", "owner": "first_name", "due": "date_iso", "hours": "int:1-40"}),
    "settings": (
        "",
        {
            "version": "version", "timeout": "int:5-120", "theme": "pick:dark;light", "host": "domain",
            "port": "int:1024-9999",
        },
    ),
}  # fmt: skip
NUMERIC = ("money", "int", "float")
ORDINALS = ("first", "second", "third", "fourth", "fifth")


def file_list(name: str, rng: random.Random) -> tuple[str, ...]:
    others = [
        "notes.txt",
        "log.txt",
        "config.json",
        "contacts.json",
        "todo.txt",
        "report.txt",
        "data.json",
        f"{words.any_word(rng)}.txt",
    ]
    listed = [name, *rng.sample([o for o in others if o != name], rng.choice((0, 1, 1, 2, 3)))]
    rng.shuffle(listed)
    return tuple(listed)


def json_file(rng: random.Random) -> tuple[str, str]:
    """(collection, file name)"""
    collection = rng.choice(list(RECORDS))
    return collection, rng.choice(
        (
            f"{collection}.json",
            f"{collection}.json",
            f"{collection}_{rng.randint(2023, 2027)}.json",
            f"data/{collection}.json",
            f"{words.any_word(rng)}.json",
        )
    )


def place(collection: str, name: str, rng: random.Random) -> tuple[str, str]:
    """How the place is said, and its path; said from the path, or in words that give it away."""
    noun = RECORDS[collection][0]
    index = rng.choice((0, 1, 2, 3, 4, -1))
    if not noun:
        path = rng.choice((f"{collection}.{name}", name))
        return rng.choice((path, f"the value at {path}", f"the {name} at path {path}")), path
    path = f"{collection}[{index}].{name}"
    field_words = name.replace("_", " ")
    if rng.random() < 0.45:
        return rng.choice((path, f"the value at {path}", f"the value of {path}")), path
    which = ORDINALS[index] if index >= 0 else "last"
    forms = [f"the {field_words} of the {which} {noun}", f"the {which} {noun}'s {field_words}"]
    if index >= 0:
        forms.append(f"{field_words} of {noun} number {index + 1}")
    return rng.choice(forms), path


READS = (
    "Read {p} from {f}.", "What is {p} in {f}?", "In {f}, look up {p}.", "get {p} from {f}", "Tell me {p} ({f}).",
    "{f}: {p}?", "I need {p}, it's in {f}.", "Please open {f} and tell me {p}.", "Look into {f} and give me {p}.",
)  # fmt: skip


def pick_field(collection: str, rng: random.Random, numeric: bool) -> tuple[str, str]:
    fields = RECORDS[collection][1]
    names = [n for n, kind in fields.items() if not numeric or kinds.base(kind) in NUMERIC]
    name = rng.choice(names)
    return name, fields[name]


def read_value(rng: random.Random) -> FileTask:
    collection, file = json_file(rng)
    name, kind = pick_field(collection, rng, False)
    said, path = place(collection, name, rng)
    value = kinds.draw(kind, rng).value
    task = FileTask(rng.choice(READS).format(p=said, f=file), file_list(file, rng))
    task.steps.append(("read_json", {"file": file, "path": path}, {"value": value}))
    shown = number_text(value) if isinstance(value, (int, float)) else str(value)
    task.reply = rng.choice(("The {n} is {v}.", "It is {v}.", "The value is {v}.")).format(
        n=name.replace("_", " "), v=shown
    )
    return task


CHANGES = (
    ("{read} and add {n} percent", "{v}*(1+{n}/100)"), ("{read} and take {n}% of it", "{v}*{n}/100"),
    ("{read} and double it", "2*{v}"), ("{read} and divide it by {n}", "{v}/{n}"),
    ("{read} and multiply it by {n}", "{v}*{n}"), ("{read} and subtract {n}", "{v}-{n}"),
    ("{read} and add {n} to it", "{v}+{n}"), ("{read}, then calculate {n}% of that", "{v}*{n}/100"),
    ("{read} with a discount of {n}%", "{v}*(1-{n}/100)"),
)  # fmt: skip


def read_then_calculate(rng: random.Random) -> FileTask:
    collection, file = json_file(rng)
    name, kind = pick_field(collection, rng, True)
    said, path = place(collection, name, rng)
    value = kinds.draw(kind, rng).value
    assert isinstance(value, (int, float))
    shown = number_text(value)
    change, formula = rng.choice(CHANGES)
    amount = str(rng.choice([2, 3, 4, 5, 8, 10, 12, 15, 19, 20, 21, 25, 50]))
    read = rng.choice(("read {p} from {f}", "take {p} in {f}", "get {p} from {f}", "look up {p} in {f}")).format(
        p=said, f=file
    )
    text = change.format(read=read, n=amount)
    task = FileTask(text[0].upper() + text[1:] + rng.choice((".", "", ".")), file_list(file, rng))
    task.steps.append(("read_json", {"file": file, "path": path}, {"value": value}))
    expression = formula.format(v=shown, n=amount)
    outcome = tools.calculate(expression)
    task.steps.append(("calculator", {"expression": expression}, {"value": outcome}))
    task.reply = rng.choice(("The result is {o}.", "The {n} is {v}; the result is {o}.", "That makes {o}.")).format(
        o=number_text(outcome), v=shown, n=name.replace("_", " ")
    )
    return task


def read_all(rng: random.Random) -> FileTask:
    """Every element's field at once, told or summed up."""
    collection, file = json_file(rng)
    while not RECORDS[collection][0]:
        collection, file = json_file(rng)
    is_sum = rng.random() < 0.5
    name, kind = pick_field(collection, rng, is_sum)
    noun, field_words = RECORDS[collection][0], name.replace("_", " ")
    values = [kinds.draw(kind, rng).value for _ in range(rng.randint(2, 5))]
    path = f"{collection}[*].{name}"
    if is_sum:
        said = rng.choice(
            ("What is the total {n} of all {c} in {f}?", "Add up the {n} of every {o} in {f}.", "Sum {p} in {f}.")
        )
    else:
        said = rng.choice(
            (
                "List the {n} of all {c} in {f}.",
                "List the {n} of every {o} in {f}.",
                "Give me the {n} of each {o} in {f}.",
                "What is the {n} of every {o} in {f}?",
                "Read {p} from {f}.",
                "all {p} in {f}",
            )
        )
    task = FileTask(said.format(n=field_words, c=collection, o=noun, f=file, p=path), file_list(file, rng))
    task.steps.append(("read_json", {"file": file, "path": path}, {"value": values}))
    texts = [number_text(v) if isinstance(v, (int, float)) else str(v) for v in values]
    if is_sum:
        expression = "+".join(texts)
        outcome = tools.calculate(expression)
        task.steps.append(("calculator", {"expression": expression}, {"value": outcome}))
        task.reply = f"The total is {number_text(outcome)}."
    else:
        task.reply = f"They are {', '.join(texts[:-1])} and {texts[-1]}."
    return task


PAIRED = (
    (
        "+",
        (
            "Add the {n} of the {a} and the {b} {o} in {f}.",
            "What is the sum of {c}[{i}].{r} and {c}[{j}].{r} in {f}?",
        ),
    ),
    (
        "-",
        (
            "By how much does the {n} of the {a} {o} exceed that of the {b} in {f}?",
            "Subtract {c}[{j}].{r} from {c}[{i}].{r} in {f}.",
        ),
    ),
)  # fmt: skip


def read_two(rng: random.Random) -> FileTask:
    """Two values of one file and their sum or difference."""
    collection, file = json_file(rng)
    while not RECORDS[collection][0]:
        collection, file = json_file(rng)
    name, kind = pick_field(collection, rng, True)
    first, second = rng.sample(range(5), 2)
    values = [kinds.draw(kind, rng).value for _ in range(2)]
    noun = RECORDS[collection][0]
    operator, forms = rng.choice(PAIRED)
    said = rng.choice(forms).format(
        n=name.replace("_", " "),
        a=ORDINALS[first],
        b=ORDINALS[second],
        o=noun,
        f=file,
        c=collection,
        i=first,
        j=second,
        r=name,
    )
    task = FileTask(said, file_list(file, rng))
    texts = []
    for index, value in zip((first, second), values, strict=True):
        assert isinstance(value, (int, float))
        texts.append(number_text(value))
        task.steps.append(("read_json", {"file": file, "path": f"{collection}[{index}].{name}"}, {"value": value}))
    expression = operator.join(texts)
    outcome = tools.calculate(expression)
    task.steps.append(("calculator", {"expression": expression}, {"value": outcome}))
    task.reply = f"The {'sum' if operator == '+' else 'difference'} is {number_text(outcome)}."
    return task


SEARCHES = (
    "Find the lines in {f} that mention {q}.", "search {f} for {q}", "Where does {f} talk about {q}?",
    "Which line of {f} contains {q}?", "look for {q} in {f}", "What does {f} say about {q}?", "grep {q} {f}",
    "Is {q} mentioned in {f}?", "Check {f} for {q}.",
)  # fmt: skip
LINES = (
    "{q}: {m}", "- {m} ({q})", "{d} {q} {m}", "Note on {q}: {m}", "{m} [{q}]", "TODO {q}: {m}", "ask {w} about {q}",
)  # fmt: skip


def text_line(query: str, rng: random.Random) -> str:
    return rng.choice(LINES).format(
        q=query,
        m=kinds.draw("message", rng).text,
        d=kinds.draw("date_iso", rng).value,
        w=kinds.draw("first_name", rng).text,
    )


def search(rng: random.Random) -> FileTask:
    file = rng.choice(
        (
            "notes.txt",
            "log.txt",
            "todo.txt",
            "minutes.txt",
            "report.md",
            "diary.txt",
            f"{words.any_word(rng)}.txt",
            f"docs/{words.any_word(rng)}.md",
        )
    )
    query = kinds.draw(
        rng.choice(("topic", "person", "product", "company", "city", "id:INV", "word", "query", "medicine", "string")),
        rng,
    ).text
    shown = f'"{query}"' if rng.random() < 0.3 else query
    said = rng.choice(SEARCHES).format(f=file, q=shown)
    arguments: dict[str, object] = {"file": file, "query": query}
    if rng.random() < 0.15:
        limit = rng.randint(1, 9)
        said = said.rstrip(".?") + rng.choice(
            (f", at most {limit} results", f", only the first {limit} hits", f" (max {limit} results)")
        )
        arguments["max_results"] = limit
    limit_now = arguments.get("max_results", 3)
    assert isinstance(limit_now, int)
    count = min(rng.choice((0, 1, 1, 1, 1, 2, 2, 3)), limit_now)
    matches = [{"line": n, "text": text_line(query, rng)} for n in sorted(rng.sample(range(1, 240), count))]
    task = FileTask(said, file_list(file, rng))
    task.steps.append(("search_text", arguments, {"matches": matches}))
    if not matches:
        task.reply = f"{file} does not mention {query}."
    elif count == 1:
        task.reply = rng.choice(("Line {l} says: {t}", "On line {l}: {t}", "I found it on line {l}: {t}")).format(
            l=matches[0]["line"], t=matches[0]["text"]
        )
    else:
        task.reply = f"I found {count} lines: " + "; ".join(f"line {m['line']}: {m['text']}" for m in matches) + "."
    return task


MONTHLY_SAYS = (
    "{f} has our monthly {s}. What does it come to in {p}?",
    "How much is the {s} for {p}? The monthly figure is in {f}.",
    "Look up the monthly {s} in {f} and work out {p}.",
    "What do we spend on {s} in {p}? See the monthly amount in {f}.",
)


def search_then_answer(rng: random.Random) -> FileTask:
    """A fact that stands in a line of the file, sometimes worked on further."""
    file = rng.choice(("notes.txt", "minutes.txt", "budget.txt", "contract.txt", "log.txt"))
    subject, amount = (
        rng.choice(("rent", "hosting", "catering", "insurance", "travel", "printing", "repairs", "wages", "internet")),
        kinds.draw("int:20-4000", rng).value,
    )
    assert isinstance(amount, int)
    line = rng.choice(
        (
            f"{subject}: {amount}",
            f"{subject} costs {amount} per month",
            f"agreed on {amount} for {subject}",
            f"{subject} budget is {amount}",
        )
    )
    factor, period = rng.choice(((12, "a year"), (2, "two months"), (3, "a quarter"), (6, "half a year")))
    said = rng.choice(MONTHLY_SAYS).format(f=file, s=subject, p=period)
    task = FileTask(said, file_list(file, rng))
    task.steps.append(
        ("search_text", {"file": file, "query": subject}, {"matches": [{"line": rng.randint(1, 200), "text": line}]})
    )
    expression = f"{amount}*{factor}"
    task.steps.append(("calculator", {"expression": expression}, {"value": amount * factor}))
    task.reply = f"The {subject} comes to {amount * factor}."
    return task


MAKERS = (
    read_all, read_value, read_value, read_value, read_then_calculate, read_then_calculate, read_two, search, search,
    search, search_then_answer,
)  # fmt: skip


def loosely_named(task: FileTask, rng: random.Random) -> None:
    """Say "invoices" for the listed "invoices.json" where that is unmistakable."""
    file = str(task.steps[0][1]["file"])
    stem = file.rpartition("/")[2].rpartition(".")[0]
    if task.request.count(file) == 1 and sum(stem in name for name in task.listed) == 1 and f" {file}" in task.request:
        task.request = task.request.replace(
            file, rng.choice((f"the {stem} file", f"my {stem} file", f"{stem}", f"the file {stem}"))
        )


def draw(rng: random.Random) -> FileTask:
    """One task."""
    task = rng.choice(MAKERS)(rng)
    if rng.random() < 0.15:
        loosely_named(task, rng)
    return task
