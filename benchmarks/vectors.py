"""How long an exact search among vectors takes, beside the plain loop: python benchmarks/vectors.py [NUMBER]."""

import random
import sys
import time
from operator import mul

from tercet.service.vector_lanes import Lanes, normal, packed

DIMENSIONS = 256
ROUNDS = 10
LIMIT = 100


def main() -> None:
    """Print CPU milliseconds: building, searching, the plain loop."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    dice = random.Random(1)
    vectors = [normal([dice.gauss(0, 1) for _ in range(DIMENSIONS)]) for _ in range(number)]
    stored = [packed(vector) for vector in vectors]
    began = time.process_time()
    lanes = Lanes(range(number), stored)
    print(f"{number} vectors of {DIMENSIONS}: arranged in {1000 * (time.process_time() - began):.0f} ms")
    fast, slow = [], []
    for _ in range(ROUNDS):
        query = normal([dice.gauss(0, 1) for _ in range(DIMENSIONS)])
        began = time.process_time()
        found = lanes.nearest(query, LIMIT)
        fast.append(time.process_time() - began)
        began = time.process_time()
        scores = [(-sum(map(mul, query, vector)), at) for at, vector in enumerate(vectors)]
        plain = [at for _, at in sorted(scores)[:LIMIT]]
        slow.append(time.process_time() - began)
        assert [at for at, _ in found] == plain
    print(f"searched in {1000 * min(fast):.1f} ms, plain loop {1000 * min(slow):.1f} ms, with the same result")


if __name__ == "__main__":
    main()
