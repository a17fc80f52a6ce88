"""The watchdog: looks at running sandboxes again and again and stops what uses more than it may.

One thread for the whole server, started with the first sandbox that runs something. Where the kernel itself counts
(a delegated cgroup) it is the second line; the workspace is always its to watch.
"""

import logging
import threading
import time

from tercet.sandbox.base import MB, Limits, StopReason
from tercet.sandbox.launch import Running
from tercet.sandbox.measure import TreeUsage, shared_once, tree_usage
from tercet.sandbox.quota import Quota, Usage

logger = logging.getLogger("tercet.sandbox")
INTERVAL_S = 0.05
_DISK_SHARE = 0.2
"""Of the time that may go into walking a workspace."""


class Watch:
    """What the watchdog knows of one sandbox."""

    def __init__(self, limits: Limits, quota: Quota) -> None:
        self._limits = limits
        self._quota = quota
        self._lock = threading.Lock()
        self._running: list[Running] = []
        self._next_walk = 0.0
        self._allowed = Usage(0, 0)
        """What the workspace held at first: one that is over its limit may still be cleared."""

    def add(self, running: Running, before: Usage) -> None:
        """Watch a command from now on; `before` is what the workspace held when it was started."""
        with self._lock:
            if not self._running:
                self._next_walk = 0.0
                self._allowed = before
            self._running.append(running)
        _watchdog.watch(self)

    def remove(self, running: Running) -> None:
        """Watch it no more; afterwards the watchdog does not touch it."""
        with self._lock:
            if running in self._running:
                self._running.remove(running)

    @property
    def is_running(self) -> bool:
        """Whether anything is being watched."""
        return bool(self._running)

    def check(self) -> bool:
        """Stop what is over a limit; tell whether anything is running."""
        with self._lock:
            usages = [(running, self._usage(running)) for running in self._running]
            if not usages:
                return False
            self._check_memory(usages)
            self._check_processes(usages)
            self._check_disk(usages)
            return True

    def _usage(self, running: Running) -> TreeUsage:
        return tree_usage(*running.tree.processes(), self._quota.device)

    def _check_memory(self, usages: list[tuple[Running, TreeUsage]]) -> None:
        most = self._limits.memory_mb * MB
        if sum(usage.memory for _, usage in usages) <= most:
            return
        exact = [(running, shared_once(*running.tree.processes())) for running, _ in usages]
        if sum(memory for _, memory in exact) > most:
            self._stop(max(exact, key=lambda pair: pair[1])[0], "memory")

    def _check_processes(self, usages: list[tuple[Running, TreeUsage]]) -> None:
        if sum(usage.num_processes for _, usage in usages) > self._limits.num_processes:
            self._stop(max(usages, key=lambda pair: pair[1].num_processes)[0], "processes")

    def _check_disk(self, usages: list[tuple[Running, TreeUsage]]) -> None:
        """Walk the workspace if it is time to; who of several filled it cannot be told, so all are stopped."""
        started = time.monotonic()
        if started < self._next_walk:
            return
        usage = self._quota.measure()
        held: dict[int, int] = {}
        for _, one in usages:
            held |= one.deleted
        usage = Usage(usage.num_bytes + sum(held.values()), usage.num_files + len(held))
        is_over = self._quota.is_full(usage) and (
            usage.num_bytes > self._allowed.num_bytes or usage.num_files > self._allowed.num_files
        )
        if is_over or self._quota.disk_is_low():
            for running, _ in usages:
                self._stop(running, "disk")
        now = time.monotonic()
        self._next_walk = now + max(INTERVAL_S, (now - started) / _DISK_SHARE)

    @staticmethod
    def _stop(running: Running, reason: StopReason) -> None:
        if running.stopped is None:
            logger.warning("a sandboxed process was stopped: %s", reason)
        running.stop(reason)


class _Watchdog:
    """The thread; it sleeps while nothing runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: set[Watch] = set()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, watch: Watch) -> None:
        with self._lock:
            self._watches.add(watch)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._go_round, name="sandbox-watchdog", daemon=True)
                self._thread.start()
        self._wake.set()

    def _go_round(self) -> None:
        while True:
            self._wake.wait()
            with self._lock:
                watches = list(self._watches)
                if not watches:
                    self._wake.clear()
                    continue
            for watch in watches:
                self._look(watch)
            time.sleep(INTERVAL_S)

    def _look(self, watch: Watch) -> None:
        try:
            is_running = watch.check()
        except Exception:  # a watchdog that ends guards nobody
            logger.exception("the watchdog could not look at a sandbox")
            return
        if not is_running:
            with self._lock:
                if not watch.is_running:
                    self._watches.discard(watch)


_watchdog = _Watchdog()
