"""Tables of what people say before, after and between requests."""

from __future__ import annotations

OPENERS = (
    "Hi, ", "Hello, ", "Hey, ", "hey ", "hi! ", "Hello! ", "Good morning. ", "Good evening, ", "Hi there, ",
    "Hey there! ", "OK, ", "ok so ", "Okay, ", "So, ", "Right, ", "Quick question: ", "Quick one: ", "Excuse me, ",
    "Sorry to bother you, ", "Well, ", "Hmm, ", "Yo, ", "Alright, ", "One more thing: ", "If you have a moment, ",
    "When you get a chance, ", "Dear assistant, ", "Morning! ", "Hi team, ", "Task: ", "Request: ", "TODO: ",
    "Assistant, ", "umm ", "Hi again. ", "Listen, ", "Actually, ", "Question: ", "Next up: ", "As a first step, ",
    "Good afternoon! ",
)  # fmt: skip
CLOSERS = (
    " Thanks!", " Thanks.", " thanks", " Thank you!", " Thank you very much.", " Thanks a lot!", " Cheers.",
    " Please.", " please", " Much appreciated.", " thx", " Thanks in advance!", " ASAP please.", " No rush.",
    " Whenever you can.", " That would be great.", " You're the best!", " I appreciate it.", " ty", " Let me know.",
    " OK?", " That's all.", " :)", " Be quick, please.", " It's important.", " That would help a lot.",
)  # fmt: skip
ASIDES = (
    "I've had a long day.", "Sorry, I'm typing on my phone.", "I'm in a bit of a hurry.", "I'm new to this.",
    "My battery is about to die.", "I'm not very good with computers.", "I asked my brother but he had no idea.",
    "I've been putting this off for ages.", "My colleague usually does this for me.",
    "I can't believe I forgot about this.", "It took me a while to find you.", "I promised I would take care of it.",
    "The kids are finally asleep.", "I'm sitting on a train with bad signal.", "My boss is waiting for it.",
    "I tried it by hand and gave up.", "I already had two coffees.", "This is for a school project.",
    "I'm helping my neighbour out.", "We talked about it over lunch.", "I need it for my notes.",
    "Someone on my team asked me for it.", "I lost the paper where I wrote it down.",
    "The website keeps crashing for me.", "I hope this is the right place to ask.", "It's a bit noisy here.",
    "I don't want to get it wrong again.", "My partner and I were arguing about it.", "I'm writing a report.",
    "I'm preparing a quiz for my friends.", "My manager keeps asking.", "I just got home.",
    "It's been on my list forever.", "I'm planning ahead for once.", "My homework depends on it.",
    "I feel a bit silly asking.",
)  # fmt: skip
CORRECTIONS = (
    "{wrong}, no wait, {right}", "{wrong}, sorry, {right}", "{wrong} - I mean {right} -", "{wrong}, actually {right}",
    "{wrong}... no, {right}", "{wrong}, scratch that, {right}", "{wrong} (sorry, {right})",
    "{wrong}, or rather {right}", "{wrong}, correction: {right}",
)  # fmt: skip
SENTENCE_JOINERS = (
    ". ", ". Also, ", ". And ", ". Then ", ". After that, ", ". Plus, ", ".\n", "; ", ". Additionally, ", ". Next, ",
    ". One more: ", ". Oh and ", ". On top of that, ", ". Besides that, ", ". Finally, ",
)  # fmt: skip
CLAUSE_JOINERS = (
    " and ", ", and ", " and also ", ", and also ", ", then ", " and then ", ", plus ", " as well as ",
    ", and while you're at it ", " and after that ", ", and additionally ", " & ", ", and please ",
)  # fmt: skip
LIST_OPENERS = (
    "Please do the following:", "A few things:", "Here is what I need:", "To do:", "I need these done:", "Requests:",
    "Tasks:", "", "Can you handle these?", "Please help me with:",
)  # fmt: skip
SYSTEM_PROMPTS = (
    "You are a helpful assistant.", "You are a helpful assistant with access to tools.",
    "Use the tools when they fit the request.", "You are an assistant that calls functions.",
    "Answer with tool calls where possible.", "You are Tercet, a tool-using assistant.", "Be brief.",
    "Call a tool only when one fits; otherwise say so.", "You are an expert in composing functions.",
    "You are a customer support agent.", "If a required argument is missing, ask for it.", "Today is {date}.",
    "You are a helpful assistant. Today is {date}.", "The user is {person}.", "Locale: en-US.",
    "Keep answers to one sentence.", "You work for {company}.", "Only use the functions you have been provided with.",
    "You help employees of {company}.", "You are a careful assistant. Never invent values.", "Session {id}.",
    "You are an agent.",
)  # fmt: skip
REFUSALS = (
    "I can't do that with the tools I have.",
    "I can't help with that: no offered tool fits.",
    "I can't do that: none of my tools covers it.",
    "I have no tool for that.",
)
"""All begin with the same word: whether to decline is then one choice, which a greedy answer takes when it is likelier
than a call. With many beginnings each of them was less likely than a call that was wrong."""
NAMING = (
    "Use {tool}: {t}", "With {tool}, {t}", "{t} (use {tool})", "Call {tool}. {t}", "[{tool}] {t}",
    "Using the {tool} tool, {t}", "Run {tool} for this: {t}",
)  # fmt: skip
NEGATIONS = (
    "{t} Don't {d}.", "Don't {d}, just this: {l}", "{t} You don't have to {d}.", "No need to {d}. {t}",
    "I don't want you to {d}. {t}", "{t} But do not {d}.", "{t} Please do not {d} though.",
    "Instead of trying to {d}, do this: {l}", "{t} Do not {d}, I'll do that myself.",
    "Forget what I said about wanting to {d}. {t}",
)  # fmt: skip
NEGATION_REPLIES = (
    "All right, I won't.", "Understood, I won't do that.", "OK, I'll leave it alone.",
    "Got it, nothing will be done.", "Okay, not doing it.",
)  # fmt: skip
ERRORS = (
    "timeout", "request timed out", "rate limit exceeded", "permission denied", "service unavailable",
    "internal server error", "not found", "no results", "invalid credentials", "quota exceeded", "connection refused",
    "the service is down for maintenance", "too many requests, retry in {n} seconds", "HTTP 503", "HTTP 404",
    "error code {n}", "unauthorized", "temporarily unavailable",
)  # fmt: skip
VALUE_ERRORS = (
    "{value} was not found", "unknown {name}: {value}", "no match for {value}", "{value} is not available",
    "invalid {name}",
)  # fmt: skip
ERROR_REPLIES = (
    "That didn't work: {error}.", "The tool reported an error: {error}.", "Sorry, that failed: {error}.",
    "I couldn't do it: {error}.", "The request failed: {error}.", "It failed with this error: {error}.",
)  # fmt: skip
GIVING = (
    "{v}", "{v}", "{v}", "{v}.", "{v} please", "It's {v}.", "it's {v}", "Sorry, {v}.", "Let's say {v}.",
    "{v}, thanks", "I'd say {v}.", "oh right, {v}", "Ah, {v}", "{v} would be good", "Use {v}.", "Make it {v}.",
    "My bad: {v}",
)  # fmt: skip
WHAT_ABOUT = (
    "What about {v}?", "And {v}?", "and for {v}?", "Same for {v}.", "Now {v}.", "how about {v}",
    "Do the same for {v} please.", "And now for {v}.",
)  # fmt: skip
SMALL_TALK = (
    ("hi", "Hello! What can I do for you?"), ("hello", "Hello! How can I help?"),
    ("Hey there!", "Hi! What do you need?"), ("good morning", "Good morning! How can I help?"),
    ("Good evening", "Good evening! What can I do for you?"), ("thanks!", "You're welcome."),
    ("Thank you so much", "You're welcome!"), ("thx that's all", "You're welcome. Have a nice day."),
    ("bye", "Goodbye!"), ("See you later", "See you!"), ("good night", "Good night!"),
    ("how are you?", "I'm fine, thanks. How can I help?"), ("How's it going", "Fine, thanks. What do you need?"),
    ("who are you?", "I'm Tercet, an assistant that works with tools."), ("what's your name", "I'm Tercet."),
    ("Are you a robot?", "I'm a small language model that works with tools."),
    ("are you human?", "No, I'm a language model."), ("You're great", "Thank you!"),
    ("lol", "Glad you find it funny."), ("that's funny", "Glad you like it."), ("ok", "OK."),
    ("okay cool", "Good. Anything else?"), ("never mind", "No problem."), ("forget it", "All right."),
    ("I'm bored", "Sorry to hear that. Is there something I can do for you?"),
    ("tell me a joke", "I'm better with tools than with jokes, sorry."),
    ("do you like music?", "I have no taste of my own, sorry."), ("I had a terrible day", "I'm sorry to hear that."),
    ("I just got a new puppy!", "Congratulations!"), ("it's my birthday", "Happy birthday!"),
    ("You are useless", "I'm sorry. Tell me what you need and I'll try again."), ("wow", "Glad to be of help."),
    ("sorry", "No problem."), ("what do you think about love?", "I have no opinion on that, sorry."),
    ("nice weather today", "Enjoy it!"), ("yes", "OK."), ("no", "All right."), ("no thanks", "All right."),
    ("I love you", "Thank you, that's kind."), ("please wait a second", "Take your time."),
    ("I'll think about it", "Take your time."), ("that's wrong", "I'm sorry. What should be different?"),
    ("great job", "Thank you!"), ("can you speak French?", "I work best in English."),
    ("how old are you?", "I don't have an age."), ("Merry Christmas!", "Merry Christmas!"),
    ("who made you?", "I'm Tercet; I was trained from scratch by the Tercet project."),
    ("what's up?", "Ready to help. What do you need?"), ("good luck", "Thanks!"),
    ("I don't know", "No problem. Take your time."), ("just testing", "I'm here."), ("test", "I'm here."),
    ("are you there?", "Yes, I'm here."), ("hmm", "Take your time."), ("You can stop now", "OK, stopping."),
    ("do nothing", "OK."),
)  # fmt: skip
OUT_OF_SCOPE = (
    "Write me a poem about autumn.", "What is the meaning of life?", "Explain how photosynthesis works.",
    "Who wrote Hamlet?", "Why is the sky blue?", "Give me ten ideas for a short story.",
    "Summarize the plot of {movie}.", "Is it ethical to eat meat?", "Tell me about the childhood of {person}.",
    "Draw me a picture of a {animal}.", "Which is better, {food} or {food}?", "How do I become a better {job}?",
    "Teach me the basics of {hobby}.", "Write an essay on {topic}.", "What's a good name for my {animal}?",
    "Fix my marriage.", "Compare {city} and {city} for me as places to grow up.", "What would you do if you were me?",
    "Give me your honest opinion on {topic}.", "How does a {vehicle} engine work?",
    "Prove that there are infinitely many primes.", "What were the main causes of World War I?",
    "Write a cover letter for a {job} position.", "Who would win, a {animal} or a {animal}?",
    "What does {city} smell like in spring?", "Who is the president of {country}?", "Sing a song for me.",
    "Tell me a bedtime story.", "Explain {topic} to a five-year-old.", "How many legs does a {animal} have?",
    "Make me a sandwich.", "What is the capital of {country}?", "Is {movie} a good film?",
    "What is your favorite {sport} team?", "Describe the taste of {food}.", "Debug my life.", "Wash my {vehicle}.",
    "Which language is harder, {language} or {language}?", "What should I wear to a {job} interview?",
    "Can you keep a secret?", "When was {company} founded?", "What is the boiling point of {chemical}?",
    "How tall is the {landmark}?", "Who painted {book}?",
)  # fmt: skip
