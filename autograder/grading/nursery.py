"""A warm process from which workers are forked, and what a worker does: requests in, answers out.

Started by ``executors`` as a program of its own, so that nothing of the coordinator is in it: no
gradebook, no other submission. All that is needed by every job (torch, the zygotes) is loaded once
and shared. When the coordinator goes, however it goes, so does everything here.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import sys
from importlib import import_module
from typing import NoReturn

from autograder.sandbox.isolation import die_with_parent

LENGTH = struct.Struct(">Q")


def main() -> None:
    """Serve requests for workers through the socket that the arguments name, until it closes."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator ends us itself
    gc.disable()  # nothing that is loaded is garbage
    for module, function, arguments in json.loads(sys.argv[2]):
        getattr(import_module(module), function)(*arguments)
    gc.freeze()  # what workers share stays shared
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers are not waited for
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 64, 1)
        if not message:
            return
        channel = socket.socket(fileno=descriptors[0])
        if os.fork() == 0:
            requests.close()
            _work(channel)
        channel.close()


def _work(channel: socket.socket) -> NoReturn:
    try:
        die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        gc.set_threshold(50_000)  # messages are thousands of small objects, and none is a cycle
        send(channel, str(os.getpid()))
        while (request := receive(channel)) is not None:
            module, function, *arguments = json.loads(request)
            send(channel, getattr(import_module(module), function)(*arguments))
    finally:
        os._exit(0)


def send(channel: socket.socket, text: str) -> None:
    """Write one message."""
    data = text.encode("utf-8", "surrogatepass")
    channel.sendall(LENGTH.pack(len(data)) + data)


def receive(channel: socket.socket) -> str | None:
    """Read one message; None where the other end is gone."""
    head = _exactly(channel, LENGTH.size)
    body = _exactly(channel, LENGTH.unpack(head)[0]) if head is not None else None
    return body.decode("utf-8", "surrogatepass") if body is not None else None


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = channel.recv(min(count - len(parts), 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main()
