"""What is read off a text: stretches that answer, their clauses, lists, tables, fields and what it says in short."""

import pytest

from tercet.backends.embedded.plain.answers import UNABLE
from tercet.backends.embedded.plain.clauses import MAX_CLAUSE, clause, of_likeliest_sentence
from tercet.backends.embedded.plain.fields import filled
from tercet.backends.embedded.plain.listing import is_list, items, num_of, of_kind, placed
from tercet.backends.embedded.plain.quoting import covered, question_of, quoted, stretches
from tercet.backends.embedded.plain.sentences import sentences
from tercet.backends.embedded.plain.summing_up import summary
from tercet.backends.embedded.plain.tables import cell, table
from tests.backends.turns import answer_to

BAKERY = (
    "Ines Falk runs the bakery in Lyon. She borrowed 30,000 euros for it. The oven was built by Tom Reed because the"
    " old one had cracked."
)
PEOPLE = "| Name | City | Age |\n|---|---|---|\n| Ann | Lyon | 34 |\n| Ben | Oslo | 51 |\n| Carla | Turin | 28 |"
POOL = (
    "Dear all, the pool is closed this week because the pump broke. A new pump comes on Friday. We are sorry."
    " The pool opens again on Saturday."
)


def likeliest(question: str, text: str) -> str:
    return quoted(question_of(question), text)[0][1].text


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Where is the bakery?", BAKERY, "Lyon"),
        ("In which city is the bakery?", BAKERY, "Lyon"),
        ("Who built the oven?", BAKERY, "Tom Reed"),
        ("How many people came?", "In the end 42 people came to the concert in the park.", "42"),
        ("How long does the trip take?", "The trip takes three hours and costs 12 euros.", "three hours"),
        ("What colour is the door?", "The door of the shop is green.", "green"),
        ("What is the order number?", "Hello, my order AB-4471 has not come. I paid 35 euros.", "AB-4471"),
        ("Who is the author?", "Title: The Owl\nAuthor: Mara Winter\nYear: 1998", "Mara Winter"),
        ("Give me the name of the author.", "Title: The Owl\nAuthor: Mara Winter\nYear: 1998", "Mara Winter"),
    ],
)
def test_a_stretch_of_the_text_answers(question: str, text: str, answer: str) -> None:
    assert likeliest(question, text) == answer


def test_stretches_stand_in_the_text_and_share_one_chance() -> None:
    found = quoted(question_of("Who built the oven?"), BAKERY)
    assert all(BAKERY[each.start : each.end] == each.text for _, each in found)
    assert sum(chance for chance, _ in found) <= 1.0 + 1e-9
    assert [chance for chance, _ in found] == sorted((chance for chance, _ in found), reverse=True)


def test_a_text_without_words_has_no_stretches() -> None:
    assert stretches(question_of("Who came?"), "") == stretches(question_of("Who came?"), "?! ...") == []


def test_a_text_has_some_of_a_questions_words() -> None:
    asked = question_of("Who built the oven?")
    assert covered(asked, "Tom Reed built the oven.") == pytest.approx(1.0)
    assert 0.0 < covered(asked, "The oven is hot.") < 1.0
    assert covered(asked, "It rained all day.") == 0.0


def test_a_stretch_is_told_with_its_sentence_or_its_clause() -> None:
    short = "The door of the shop is green."
    assert clause(quoted(question_of("What colour is the door?"), short)[0][1], short) == short
    long = f"We walked along the river for hours, the owl sat in the old oak, {'and it rained ' * MAX_CLAUSE}all day."
    best = next(each for _, each in quoted(question_of("Where did the owl sit?"), long) if "oak" in each.text)
    assert clause(best, long) == "the owl sat in the old oak"
    assert best.sentence.text == long


def test_the_likeliest_stretch_is_of_the_likeliest_sentence() -> None:
    text = "It rained. Tom Reed built the oven. It was hot."
    _, best = of_likeliest_sentence(quoted(question_of("Who built the oven?"), text))
    assert best.text == "Tom Reed"


def test_abbreviations_end_no_sentence() -> None:
    found = [each.text for each in sentences("Dr. Bell came at 3 p.m. on Monday. She left.\nGood! J. R. Moss stayed…")]
    assert found == ["Dr. Bell came at 3 p.m. on Monday.", "She left.", "Good!", "J. R. Moss stayed…"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- pear\n- fig", ["pear", "fig"]),
        ("1. wash\n2. cook\n3. eat", ["wash", "cook", "eat"]),
        ("pear\nfig\nplum", ["pear", "fig", "plum"]),
        ("pear, fig and plum", ["pear", "fig", "plum"]),
        ("Fruits: pear, fig", ["pear", "fig"]),
        ("First wash it, then cook it and finally eat it.", ["Wash it", "Cook it", "Eat it"]),
    ],
)
def test_a_list_has_items(text: str, found: list[str]) -> None:
    assert items(text) == found
    assert is_list(text)


def test_sentences_are_no_list() -> None:
    assert not is_list("Ann came. Ben left.")


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        (
            "all e-mail addresses",
            "From ann@example.org and ben@example.org.",
            ["ann@example.org", "ben@example.org"],
        ),
        ("the URLs", "See https://example.org/a and www.example.com.", ["https://example.org/a", "www.example.com"]),
        ("hashtags", "Nice #sun and #sea, #sun again", ["#sun", "#sea"]),
        ("the mentions", "thanks @ann and @ben_b", ["@ann", "@ben_b"]),
        ("phone numbers", "Call 555-0142-77 after six.", ["555-0142-77"]),
        ("prices", "The lamp is $30, the chair 45 euros.", ["$30", "45 euros"]),
        ("IP addresses", "from 10.0.0.1 to 10.0.0.7", ["10.0.0.1", "10.0.0.7"]),
        ("the dates", "on 3 May 2031 and on June 4th", ["3 May 2031", "June 4th"]),
        ("times", "at 9:15 and 18:30", ["9:15", "18:30"]),
        ("the colours", "a red bike and a blue car", ["red", "blue"]),
        ("weekdays", "on Monday and Friday", ["Monday", "Friday"]),
        ("the cities", "from Lyon to Oslo via Turin", ["Lyon", "Oslo", "Turin"]),
        ("countries", "from France to Norway", ["France", "Norway"]),
        ("the owls", "from France to Norway", []),
    ],
)
def test_a_text_has_values_of_a_kind(asked: str, text: str, found: list[str]) -> None:
    assert of_kind(asked, text) == found


@pytest.mark.parametrize(
    ("told", "text", "named"),
    [
        ("the second word", "green apples taste sour", "apples"),
        ("the last line", "one\ntwo\nthree", "three"),
        ("the first sentence", "It rains. Stay in.", "It rains."),
        ("the third item", "pear, fig, plum", "plum"),
        ("the ninth word", "one two", ""),
        ("a word", "one two", ""),
    ],
)
def test_a_part_of_a_text_is_named_by_its_place(told: str, text: str, named: str) -> None:
    assert placed(told, text) == named


def test_parts_of_a_text_are_counted() -> None:
    text = "It rains. Stay in!\n\nWe stay."
    units = ("word", "sentence", "line", "paragraph", "letter", "character")
    assert [num_of(unit, text) for unit in units] == [6, 3, 2, 2, 19, 28]


@pytest.mark.parametrize("mark", ["|", ";", "\t", ","])
def test_a_table_has_rows_and_cells(mark: str) -> None:
    rows = [["name", "price"], ["pear", "3"], ["fig", "5"], ["plum", "4"]]
    assert table("\n".join(mark.join(row) for row in rows)) == rows


@pytest.mark.parametrize("text", ["", "Hello, Ann,\nhow are you", "name;price\npear;3", "1,2\n3,4\n5,6"])
def test_a_text_without_one_has_no_table(text: str) -> None:
    assert table(text) == []


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("In which city does Ben live?", "Oslo"),
        ("What is the age of Carla?", "28"),
        ("Which name has the city Turin?", "Carla"),
        ("What is the weather like?", ""),
    ],
)
def test_a_question_means_a_cell(question: str, value: str) -> None:
    assert cell(question, table(PEOPLE)) == value


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("My name is Ines Falk and I live in Lyon.", {"name": "Ines Falk", "city": "Lyon"}),
        ("Ann Bell, ann@example.org, would like to join.", {"name": "Ann Bell", "email": "ann@example.org"}),
        ("See you on 3 May 2031 at 18:30.", {"date": "2031-05-03", "time": "18:30"}),
        ("Order 4471 comes to 35 euros.", {"order_number": "4471", "amount": "35"}),
        ("A table for four people for Mara Winter, please.", {"guests": "4", "name": "Mara Winter"}),
    ],
)
def test_fields_are_read_off_a_text(text: str, fields: dict[str, str]) -> None:
    assert dict(zip(fields, filled(tuple(fields), text), strict=True)) == fields


def test_a_text_is_summed_up_in_its_own_sentences() -> None:
    assert summary(POOL) == "The pool is closed this week because the pump broke."
    two = summary(POOL, None, "Summarise in two sentences.")
    assert two.startswith("The pool is closed this week because the pump broke. ")
    assert len(sentences(two)) == 2
    assert summary("") == ""


def test_a_summary_may_be_short() -> None:
    text = "The mayor of Lyon, who was elected in spring, opened the new bridge (after two years) for everyone in town."
    short = summary(text, 9)
    assert short == "The mayor of Lyon opened the new bridge"


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (f"Context: {BAKERY}\n\nQuestion: Where is the bakery?\nAnswer:", "Lyon"),
        (f"In which city does Ben live?\n\n{PEOPLE}", "Oslo"),
        (f"Summarise in one sentence: {POOL}", "The pool is closed this week because the pump broke."),
        ("List all the cities, one per line. Text: We went from Lyon to Oslo via Turin.", "Lyon\nOslo\nTurin"),
        ("Extract the phone number: Call Ann at 555-0142-77 after six.", "555-0142-77"),
        ('How many words are in this sentence: "green apples taste sour"?', "4"),
        ("How many items are in this list? pear, apple, fig, plum", "4"),
        ('What is the last word of "green apples taste sour"?', "sour"),
        (
            "Return JSON with the keys name and email.\n\nAnn Bell, ann@example.org, would like to join.",
            '{"name": "Ann Bell", "email": "ann@example.org"}',
        ),
    ],
)
def test_what_was_read_is_the_answer(message: str, answer: str) -> None:
    assert answer_to(message) == answer


@pytest.mark.parametrize("message", ["Who won the world cup in 1990?", "What is the capital of Peru?"])
def test_what_no_text_says_is_not_answered(message: str) -> None:
    assert answer_to(message) == UNABLE


def test_an_app_has_a_value_read_off_all_messages() -> None:
    rules = "Extract the order number. Reply with the number only."
    assert answer_to("Hello, my order 48213 has not come yet.", rules=rules) == "48213"
