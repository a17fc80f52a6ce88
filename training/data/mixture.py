"""The endless mixture that training reads: every generator, weighted, validated, deterministic by seed.

`python -m training.data.mixture --show 20` prints rendered samples; `--rate 20` measures speed and shares.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import pkgutil
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from training.data import (
    browsing,
    builtin,
    columns,
    compose,
    drills,
    forms,
    reading,
    requests,
    sessions,
    symbolic,
    validate,
    workspace,
)
from training.data.contamination import Contaminated, Guard, index_of
from training.data.sample import Sample

REPO = Path(__file__).resolve().parents[2]
SHARES = {
    "drills": 15.0,
    "catalog": 22.0,
    "sessions": 38.0,
    "symbolic": 7.0,
    "builtin": 14.0,
    "reading": 3.0,
    "workspace": 6.0,
    "browsing": 4.0,
    "columns": 3.0,
    "forms": 3.0,
    "requests": 8.0,
}
LATE_SHARES = {
    "drills": 10.0,
    "catalog": 38.0,
    "sessions": 38.0,
    "symbolic": 3.5,
    "builtin": 24.0,
    "reading": 3.0,
    "workspace": 16.0,
    "browsing": 20.0,
    "columns": 9.0,
    "forms": 6.0,
    "requests": 14.0,
}
"""For a last stage, when copying and selection are learnt."""
PACKED = {"seal_tools": 0.75, "gorilla": 0.75, "metatool": 0.5, "toolalpaca": 0.6, "requests": 0.5}
"""Share of a source's single calls that are joined into sessions."""
SOURCE_SHARES = {
    "seal_tools": 12.0, "gorilla": 6.0, "sgd": 18.0, "metatool": 3.5, "clinc": 2.5, "gsm8k": 2.0, "self_instruct": 2.0,
    "toolalpaca": 2.0, "crossed": 40.0, "joined": 25.0,
}  # fmt: skip
"""By module of training.data.sources; a module that is not named here gets 1."""
SOURCE_PACKAGE = "training.data.sources"
Make = Callable[[Path, random.Random], Iterator[Sample]]


def data_root() -> Path:
    return Path(os.environ.get("TERCET_DATA") or REPO.parent / "shared" / "data")


def endless(samples: Make) -> Make:
    """A finite source starts again, with the same rng going on."""

    def run(root: Path, rng: random.Random) -> Iterator[Sample]:
        while True:
            empty = True
            for sample in samples(root, rng):
                empty = False
                yield sample
            if empty:
                return

    return run


def source_streams() -> dict[str, tuple[float, Make]]:
    """Each module of the sources package that offers `generate(root, rng)` or a finite `samples(root, rng)`."""
    if importlib.util.find_spec(SOURCE_PACKAGE) is None:
        return {}
    package = importlib.import_module(SOURCE_PACKAGE)
    found: dict[str, tuple[float, Make]] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        try:
            loaded = importlib.import_module(f"{SOURCE_PACKAGE}.{module.name}")
        except Exception as error:  # noqa: BLE001 - a source that is being written must not stop training
            sys.stderr.write(f"source {module.name} cannot be read: {type(error).__name__}: {error}\n")
            continue
        share = SOURCE_SHARES.get(module.name, 1.0)
        if hasattr(loaded, "samples"):
            found[module.name] = (share, endless(loaded.samples))
        elif hasattr(loaded, "generate"):
            found[module.name] = (share, loaded.generate)
    return found


@dataclass
class Mixture:
    """Streams by name, their weights, and what was dropped.

    Samples that overlap an evaluation set under `root/dev` are dropped; a source that overlaps often raises
    `Contaminated`.
    """

    root: Path
    seed: int
    is_late: bool = False
    dropped: Counter[str] = field(default_factory=Counter)
    streams: dict[str, Iterator[Sample]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self.guard = Guard(index_of(self.root))
        own: dict[str, Callable[[random.Random], Iterator[Sample]]] = {
            "drills": drills.generate,
            "catalog": compose.generate,
            "symbolic": symbolic.generate,
            "builtin": builtin.generate,
            "reading": reading.generate,
            "sessions": sessions.generate,
            "workspace": workspace.generate,
            "browsing": browsing.generate,
            "columns": columns.generate,
            "forms": forms.generate,
            "requests": requests.generate,
        }
        shares = LATE_SHARES if self.is_late else SHARES
        for name, make in own.items():
            self.add(name, shares[name], make)
        for name, (share, open_stream) in source_streams().items():
            self.add(name, share, partial(open_stream, self.root))

    def add(self, name: str, weight: float, make: Callable[[random.Random], Iterator[Sample]]) -> None:
        rng = random.Random(f"{self.seed}/{name}")
        stream = make(rng)
        if name in PACKED:
            stream = sessions.packed(stream, rng, PACKED[name])
        self.streams[name] = validate.valid(self.guard(stream), self.dropped)
        self.weights[name] = weight

    def __iter__(self) -> Iterator[Sample]:
        rng = random.Random(f"{self.seed}/mixture")
        names = list(self.streams)
        while names:
            name = rng.choices(names, [self.weights[n] for n in names])[0]
            try:
                yield next(self.streams[name])
            except StopIteration:
                names.remove(name)
            except Contaminated:
                raise
            except Exception as error:  # noqa: BLE001 - one broken stream is left out, loudly
                sys.stderr.write(f"stream {name} stopped: {type(error).__name__}: {error}\n")
                names.remove(name)


def mixture(root: Path, seed: int, is_late: bool = False) -> Iterator[Sample]:
    """Endless, weighted and validated samples."""
    return iter(Mixture(root, seed, is_late))


def measure(mixed: Mixture, seconds: float) -> None:
    counts: Counter[str] = Counter()
    stream = iter(mixed)
    next(stream)
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        counts[next(stream).source] += 1
    total = sum(counts.values())
    sys.stdout.write(f"{total / seconds:.0f} samples/s\n")
    for source, count in counts.most_common():
        sys.stdout.write(f"{100 * count / total:6.2f}% {source}\n")
    for reason, count in mixed.dropped.most_common(30):
        sys.stdout.write(f"dropped {count}: {reason}\n")


def main() -> None:
    from training.data.render import render

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0, help="seconds to measure")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only samples whose source starts with this")
    parser.add_argument("--root", type=Path, default=data_root())
    options = parser.parse_args()
    mixed = Mixture(options.root, options.seed)
    if options.rate:
        measure(mixed, options.rate)
    shown = 0
    for sample in mixed if options.show else ():
        if not sample.source.startswith(options.only):
            continue
        sys.stdout.write(f"## {sample.source}\n{render(sample)}\n\n")
        shown += 1
        if shown >= options.show:
            break


if __name__ == "__main__":
    main()
