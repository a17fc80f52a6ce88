"""One request on its way through the guarantee: its events, its receipt, and what the ledger is told of it."""

from collections.abc import Callable, Mapping, Sequence

from tercet.clock import monotonic_s, now_s
from tercet.guarantees.repair import Spent, Stage, guaranteed
from tercet.guarantees.validate import Audit
from tercet.records import Receipt
from tercet.routing.tiers import Tier
from tercet.service.asks import Ask
from tercet.store.base import LedgerEntry
from tercet.usage import Usage


class Run:
    """The attempts of one request. `events` may be consumed once."""

    def __init__(
        self,
        ask: Ask,
        stages: Sequence[Stage],
        tiers: Mapping[str, Tier],
        charge: Callable[[str, Usage], None],
    ) -> None:
        """`charge` takes what an attempt used from its owner's rate."""
        self._ask = ask
        self._charge = charge
        self._tiers = tiers
        self._began_s = monotonic_s()
        self._audit = Audit()
        self._spent = Spent(stages[0])
        self._num_entered = 0
        self.events = guaranteed(ask.request, stages, self._audit, self._spent)

    def take_entries(self) -> list[LedgerEntry]:
        """Return the ledger entries of the attempts that ended since the last call, and charge their owner."""
        ended = [
            (tier, model, usage) for (tier, usage), model in zip(self._spent.by_tier, self._spent.models, strict=True)
        ][self._num_entered :]
        self._num_entered += len(ended)
        for _, _, usage in ended:
            self._charge(self._ask.owner, usage)
        return [
            LedgerEntry(
                at=now_s(),
                owner=self._ask.owner,
                request_id=self._ask.request_id,
                tier=tier,
                model=model,
                usage=usage,
                cost_usd=self._tiers[tier].price.cost(usage),
            )
            for tier, model, usage in ended
        ]

    async def receipt(self) -> Receipt:
        """Say where the answer came from, what it took and what the guarantee did."""
        backend = self._spent.stage.backend
        return Receipt(
            tier=self._spent.stage.tier,
            backend=self._spent.backend,
            model=self._spent.model,
            duration_ms=(monotonic_s() - self._began_s) * 1000,
            cost_usd=sum(self._tiers[tier].price.cost(usage) for tier, usage in self._spent.by_tier),
            constrained=(await backend.capabilities()).can_constrain,
            validated=self._audit.validated,
            mended=tuple(self._audit.mended),
            groundings=self._audit.groundings,
            confidence=self._audit.confidence,
        )
