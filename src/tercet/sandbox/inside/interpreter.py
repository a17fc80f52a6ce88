"""Runs inside the sandbox: one Python namespace, fed with cells over a socket. Uses the standard library alone.

A thread reads frames, so that an interrupt arrives while a cell runs; the cell itself runs in the main thread.
"""

import ast
import json
import linecache
import os
import queue
import signal
import socket
import struct
import sys
import threading
import traceback
from typing import Any

MAX_TEXT = 100_000
"""Characters of a value or a traceback that are told."""


class Line:
    """The connection to the server: frames of JSON behind their length."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=number)
        self._socket.set_inheritable(False)
        self._lock = threading.Lock()

    def send(self, **frame: object) -> None:
        content = json.dumps(frame).encode()
        with self._lock:
            self._socket.sendall(struct.pack(">I", len(content)) + content)

    def receive(self) -> dict[str, Any]:
        (length,) = struct.unpack(">I", self._read(4))
        frame: dict[str, Any] = json.loads(self._read(length))
        return frame

    def _read(self, length: int) -> bytes:
        pieces = b""
        while len(pieces) < length:
            piece = self._socket.recv(min(length - len(pieces), 1 << 16))
            if not piece:
                os._exit(0)
            pieces += piece
        return pieces


class Interpreter:
    """The namespace and the one cell that may be running."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._cells: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._results: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._num_calls = 0
        self._running = 0
        self._can_call = False
        self._process = os.getpid()
        self.namespace: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": __builtins__,
            "call_tool": self.call_tool,
        }

    def read_frames(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # it is for the main thread
        while True:
            frame = self._line.receive()
            if frame["type"] == "run":
                self._cells.put(frame)
            elif frame["type"] == "result":
                waiting = self._results.pop(frame["call"], None)
                if waiting is not None:
                    waiting.put(frame)
            elif frame["type"] == "interrupt" and frame["number"] == self._running:
                os.kill(0, signal.SIGINT)  # what the cell started too, as a terminal does

    def call_tool(self, name: str, arguments: dict[str, Any] | None = None, **more: object) -> object:
        """Call a tool of the session by its name and wait for its result; RuntimeError says what went wrong."""
        if not self._can_call:
            raise RuntimeError("no tools can be called from here")
        self._num_calls += 1
        number = self._num_calls
        waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._results[number] = waiting
        self._line.send(type="call", call=number, name=name, arguments={**(arguments or {}), **more})
        result = waiting.get()
        if result.get("error") is not None:
            raise RuntimeError(result["error"])
        return result.get("value")

    def serve(self) -> None:
        self._line.send(type="ready")
        while True:
            self._run_cell(self._cells.get())

    def _run_cell(self, frame: dict[str, Any]) -> None:
        number = frame["number"]
        self._can_call = frame["can_call"]
        value = error = None
        interrupted = False
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._running = number
            try:
                value = self._execute(f"<cell {number}>", frame["code"])
            finally:
                self._running = 0
        except KeyboardInterrupt:
            interrupted = True
            error = _traceback()
        except BaseException:
            error = _traceback()
        interrupted |= _ignore_interrupts()
        if os.getpid() != self._process:  # a fork that came back from the cell is not the interpreter
            os._exit(0)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        self._line.send(type="done", number=number, interrupted=interrupted, value=value, error=error)

    def _execute(self, name: str, code: str) -> str | None:
        """Run the statements; return how the value of a last expression is shown."""
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        tree = ast.parse(code, name)
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, name, "exec"), self.namespace)
        if not isinstance(last, ast.Expr):
            return None
        value = eval(compile(ast.Expression(last.value), name, "eval"), self.namespace)
        if value is None:
            return None
        self.namespace["_"] = value
        return _cut(repr(value))


def _ignore_interrupts() -> bool:
    """Let no interrupt in any more; tell whether one came meanwhile."""
    came = False
    while True:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return came
        except KeyboardInterrupt:
            came = True


def _traceback() -> str:
    """Return the traceback of the exception in hand, from the cell's own frame on."""
    kind, error, own = sys.exc_info()
    while own is not None and own.tb_frame.f_code.co_filename == __file__:
        own = own.tb_next
    try:
        return _cut("".join(traceback.format_exception(kind, error, own)))
    except BaseException:
        return f"{kind} (its text cannot be shown)"


def _cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters cut …]\n{text[-half:]}"


def main() -> None:
    sys.path[:0] = [sys.argv[2], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    line = Line(int(sys.argv[1]))
    sys.argv = [""]
    interpreter = Interpreter(line)
    _ignore_interrupts()
    threading.Thread(target=interpreter.read_frames, daemon=True).start()
    interpreter.serve()


if __name__ == "__main__":
    main()
