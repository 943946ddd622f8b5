"""The world in which hostile submissions are graded: a course, canaries, listeners, one command.

Knows how to build a submission from a case and what the command must leave alone.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hostile.case import ASSIGNMENT, EPILOGUE, PRELUDE, Case

from autograder.grading import create
from autograder.grading.course import Course
from autograder.notebooks import release
from autograder.notebooks.files import grade_id, is_answer, load
from autograder.notebooks.repository import Repository

HONEST = ("honest-000", "m-honest", "zz-honest")  # before, among and behind the others
GUARD = "WALLED\n"  # fails where the prelude found that there are no walls
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class World:
    """One class of submissions, and all around it that must not change."""

    folder: Path
    course: Course
    token: str
    canaries: dict[Path, str]
    listeners: dict[str, socket.socket]
    connected: list[str] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: str = ""  # what the command printed
    status: int = -1
    before: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, folder: Path, assignments: Collection[str] = (ASSIGNMENT,)) -> World:
        """A course folder with its assignments, canaries beside it and listeners at the doors."""
        checkout = folder / "checkout"
        (checkout / "solutions").mkdir(parents=True)
        for assignment in assignments:
            shutil.copy(ROOT / "solutions" / f"{assignment}.py", checkout / "solutions")
        shutil.copy(ROOT / "nbgrader_config.py", checkout)
        repository = Repository(checkout)
        create.create(folder / "course", repository, release.sources(repository))
        token = f"h{uuid.uuid4().hex[:10]}"
        home = folder / "home"
        home.mkdir()
        canaries = {path: uuid.uuid4().hex for path in (Path(f"/tmp/{token}"), home / "canary")}
        for path, text in canaries.items():
            path.write_text(text)
        tcp = socket.create_server(("127.0.0.1", 0))
        local = socket.socket(socket.AF_UNIX)
        local.bind(f"/tmp/{token}.socket")
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind(f"\0{token}")
        listeners = {"tcp": tcp, "local": local, "abstract": abstract}
        world = cls(folder, Course((folder / "course").resolve()), token, canaries, listeners)
        for name, listener in listeners.items():
            listener.listen()
            threading.Thread(target=world._listen, args=(name, listener), daemon=True).start()
        return world

    def _listen(self, name: str, listener: socket.socket) -> None:
        while True:
            try:
                listener.accept()
            except OSError:
                return
            self.connected.append(name)

    def close(self) -> None:
        """Take away what lies outside the temporary folder."""
        for listener in self.listeners.values():
            listener.shutdown(socket.SHUT_RDWR) if listener.family == socket.AF_INET else None
            listener.close()
        for path in (*self.canaries, Path(f"/tmp/{self.token}.socket")):
            path.unlink(missing_ok=True)

    # Handing in ----------------------------------------------------------------------------------

    def hand_in(self, cases: list[Case]) -> None:
        """Put every case, and the honest students, under submitted/."""
        for student in HONEST:
            self._write(student, Case("", solved=True))
        for number, case in enumerate(cases):
            self._write(student_of(case, number), case)
        self.before = self.protected()

    def _write(self, student: str, case: Case) -> None:
        folder = self.course.submission(student, case.assignment)
        folder.mkdir(parents=True)
        made: Any = self._notebook(case)
        if case.change:
            made = case.change(made)
        if isinstance(made, dict):
            made = json.dumps(made)
        data = made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made
        if case.put:
            case.put(folder, data)
        else:
            (folder / f"{case.assignment}.ipynb").write_bytes(data)

    def _notebook(self, case: Case) -> dict[str, Any]:
        source = load(self.course.source_notebook(case.assignment))
        solved = {grade_id(cell): cell["source"] for cell in source["cells"] if is_answer(cell)}
        notebook = copy.deepcopy(load(self.course.released_notebook(case.assignment)))
        for cell in notebook["cells"]:
            if is_answer(cell):
                if case.solved:
                    cell["source"] = solved[grade_id(cell)]
                if grade_id(cell) in case.answers:
                    cell["source"] = self._filled(GUARD + case.answers[grade_id(cell)])
        first = next(n for n, cell in enumerate(notebook["cells"]) if is_answer(cell))
        before, behind = [GUARD + c for c in case.cells], [GUARD + c for c in case.last]
        notebook["cells"][first:first] = [_code(self._filled(c)) for c in (PRELUDE, *before)]
        notebook["cells"] += [_code(self._filled(c)) for c in (*behind, EPILOGUE)]
        return notebook

    def _filled(self, code: str) -> str:
        replaced = {
            "@TOKEN@": self.token,
            "@COURSE@": str(self.course.root),
            "@SOLUTIONS@": str(ROOT / "solutions"),
            "@HOME@": str(Path.home()),
            "@CANARY@": str(next(iter(self.canaries))),
            "@HOME_CANARY@": str(self.folder / "home" / "canary"),
            "@PORT@": str(self.listeners["tcp"].getsockname()[1]),
            "@UNIX@": f"/tmp/{self.token}.socket",
            "@ABSTRACT@": self.token,
            "@HOSTNAME@": socket.gethostname(),
        }
        for word, text in replaced.items():
            code = code.replace(word, text)
        return code

    # Grading -------------------------------------------------------------------------------------

    def grade(self, *options: str, students: tuple[str, ...] = ()) -> None:
        """Run the real command, and keep what it says."""
        found = self.folder / "grades.json"
        only = [word for student in students for word in ("--student", student)]
        ran = self.command("grade", "--json", str(found), *options, *only)
        self.status, self.told = ran.returncode, ran.stdout + ran.stderr
        self.results = {entry["student"]: entry for entry in json.loads(found.read_text())}

    def command(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """``autograder NAME`` in this course."""
        return subprocess.run(
            [sys.executable, "-m", "autograder.cli", name, "--course", self.course.root, *options],
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "HOME": str(self.folder / "home")},
            cwd=self.folder,
            timeout=900,
        )

    # What came of it -----------------------------------------------------------------------------

    def protected(self) -> dict[str, str]:
        """A hash of every file of the course that grading has no business with."""
        found = {}
        for part in ("source", "release", "submitted", "nbgrader_config.py", ".autograder/seed"):
            top = self.course.root / part
            for path in [top, *top.rglob("*")]:
                if path.is_file() and not path.is_symlink():
                    found[os.fsdecode(os.fsencode(path))] = _hash(path)
        return found

    def reached(self, student: str) -> list[str]:
        """What a submission says that it got hold of, or what is seen of it."""
        text = self.shown(student)
        found = [line.split("@@REACHED ", 1)[1] for line in text if "@@REACHED " in line]
        secrets = [*self.canaries.values(), self.course.seed()]
        found += ["a secret" for secret in secrets if secret and secret in "\n".join(text)]
        return sorted(set(found))

    def shown(self, student: str) -> list[str]:
        """Every line that the student's own cells show in the executed notebook."""
        assignment = self.results[student]["assignment"]
        path = self.course.autograded_notebook(student, assignment)
        if not path.is_file():
            return []
        lines: list[str] = []
        for cell in load(path)["cells"]:
            for output in cell.get("outputs", []) if cell["cell_type"] == "code" else []:
                parts = [output.get("text", ""), output.get("evalue", ""), output.get("ename", "")]
                parts += [p for p in output.get("data", {}).values() if isinstance(p, str)]
                for part in parts:
                    lines += ("".join(part) if isinstance(part, list) else part).splitlines()
        return lines

    def survivors(self) -> list[str]:
        """Processes that bear the name which every submission gives itself."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if (entry / "comm").read_text().strip() == self.token:
                        found.append(entry.name)
                except OSError:
                    continue
        return found

    def changed(self) -> list[str]:
        """Protected files and canaries that are not as they were."""
        now = self.protected()
        found = [path for path in {**self.before, **now} if now.get(path) != self.before.get(path)]
        found += [str(p) for p, text in self.canaries.items() if p.read_text() != text]
        return found


def student_of(case: Case, number: int) -> str:
    """Under which id a case is handed in."""
    return case.student or f"case-{number:03}"


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": uuid.uuid4().hex[:8],
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
