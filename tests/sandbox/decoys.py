"""What there is to steal or break: decoy secrets, servers and processes, all in one folder and one process's care."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

TOKEN = f"token-{secrets.token_hex(12)}"
METADATA = "169.254.169.254"
_TRACEABLE = "ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)"
"""PR_SET_PTRACER: a kernel with Yama lets nobody trace it otherwise."""


class Decoys:
    """Planted on entry, gone on exit. `folder` must be empty and the attacker's own only in part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: dict[str, Any] = {}
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> "Decoys":
        places = self.places
        for name, path in {
            "ssh_key": "home/.ssh/id_rsa",
            "other": "other/workspace/notes",
            "database": "tercet.db",
        }.items():
            places[name] = str(self._secret(path))
        places["tcp4"] = self._serve(socket.AF_INET, ("127.0.0.1", 0))
        places["tcp6"] = self._serve(socket.AF_INET6, ("::1", 0))
        places["udp"] = self._serve(socket.AF_INET, ("127.0.0.1", 0), socket.SOCK_DGRAM)
        places["unix"] = str(self.folder / "decoy.sock")
        self._serve(socket.AF_UNIX, places["unix"])
        places["abstract"] = f"decoy-{secrets.token_hex(8)}"
        self._serve(socket.AF_UNIX, "\0" + places["abstract"])
        with contextlib.suppress(OSError):
            places["metadata"] = self._serve(socket.AF_INET, (METADATA, 0))
        with socket.create_server(("127.0.0.1", 0)) as free:
            places["free_port"] = free.getsockname()[1]
        places["decoy"] = self.process().pid
        places["in_tmp"] = f"/tmp/attack-{secrets.token_hex(8)}"
        leaked = os.open(places["ssh_key"], os.O_RDONLY)
        os.set_inheritable(leaked, True)
        self._closing.callback(os.close, leaked)
        os.environ["TERCET_DECOY_KEY"] = TOKEN
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()
        os.environ.pop("TERCET_DECOY_KEY", None)

    def process(self) -> "subprocess.Popen[bytes]":
        """Start a process with the token in its environment, which anybody of its user may trace."""
        code = f"import ctypes, time; {_TRACEABLE}; print(flush=True); time.sleep(600)"
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", code], env={**os.environ, "TERCET_KEY": TOKEN}, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        self._closing.callback(process.stdout.close)
        self._closing.callback(process.wait)
        self._closing.callback(lambda: process.send_signal(signal.SIGKILL))
        return process

    def _secret(self, path: str) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(TOKEN)
        place.chmod(0o600)
        return place

    def _serve(self, family: int, address: Any, kind: int = socket.SOCK_STREAM) -> int:
        """Answer everybody with the token; returns the port."""
        listener = socket.socket(family, kind)
        listener.bind(address)
        self._closing.callback(listener.close)
        self._closing.callback(lambda: _shut(listener))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        threading.Thread(target=_answer, args=(listener, kind), daemon=True).start()
        name = listener.getsockname()
        return name[1] if isinstance(name, tuple) else 0


def _shut(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)


def _answer(listener: socket.socket, kind: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            if kind == socket.SOCK_DGRAM:
                _, sender = listener.recvfrom(100)
                if sender is None:
                    return
                listener.sendto(TOKEN.encode(), sender)
                continue
            client, _ = listener.accept()
            with client, contextlib.suppress(OSError):
                client.sendall(TOKEN.encode())
