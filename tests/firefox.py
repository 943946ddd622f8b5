"""Drives a Firefox, by the protocol that it speaks itself: WebDriver BiDi over a web socket.

Playwright only drives a Firefox that it has patched. What the tests ask of one is little: open a
page, run a line of JavaScript in it, press keys, and tell what was said on the console.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import websocket

PATIENCE_SECONDS = 60
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
KEYS = {"ArrowRight": "\ue014", "ArrowDown": "\ue015", "Enter": "\ue007"}


@functools.cache
def find_firefox() -> str | None:
    """The first Firefox that starts: the one named in $FIREFOX, or the system's."""
    named = os.environ.get("FIREFOX")
    for name in [named] if named else ["firefox", "firefox-esr"]:
        path = shutil.which(name)
        if path and _starts(path):
            return path
    return None


def _starts(path: str) -> bool:
    """Whether it is a browser: Ubuntu's may be a stub that only says snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class Firefox:
    """One window of a Firefox that was started. `said`: its errors and warnings, in order."""

    def __init__(self, address: str) -> None:
        self.said: list[str] = []
        self._count = 0
        self._socket = websocket.create_connection(
            f"{address}/session", timeout=PATIENCE_SECONDS, suppress_origin=True
        )
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self._window = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and wait for its answer; RuntimeError where Firefox refuses."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "log.entryAdded":
                entry = message["params"]
                if entry["level"] in ("error", "warn"):
                    self.said.append(str(entry["text"]))
            if message.get("id") == self._count:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['message']}")
                return message["result"]

    def open(self, address: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.send("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def run(self, expression: str) -> Any:
        """The value of some JavaScript: a word, a number, or nothing. A promise is waited for."""
        answer = self.send(
            "script.evaluate",
            expression=expression,
            target={"context": self._window},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def press(self, *names: str) -> None:
        """Press and release keys, where the focus is: characters, or names of KEYS."""
        steps = [
            {"type": kind, "value": KEYS.get(name, name)}
            for name in names
            for kind in ("keyDown", "keyUp")
        ]
        actions = [{"type": "key", "id": "keyboard", "actions": steps}]
        self.send("input.performActions", context=self._window, actions=actions)

    def close(self) -> None:
        """End the session, and the browser with it."""
        self.send("browser.close")
        self._socket.close()


@contextmanager
def started(path: str) -> Iterator[Firefox]:
    """A Firefox without a screen, with a profile of its own; gone at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, "--headless", "--no-remote", "--profile", profile]
        process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": profile},
        )
        try:
            assert process.stderr is not None
            found = next(filter(None, map(LISTENING.search, process.stderr)), None)
            if found is None:
                raise RuntimeError(f"{path} ended before it listened")
            firefox = Firefox(found[1])
            yield firefox
            firefox.close()
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
