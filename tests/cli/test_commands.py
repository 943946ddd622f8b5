"""The commands as a person types them: help, wrong use, and what each leaves behind."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from tiny import ROOT

from autograder.notebooks import CANARY
from autograder.notebooks.files import dumps, grade_id, load
from autograder.notebooks.repository import Repository

COMMANDS = (
    ("release",),
    ("init",),
    ("grade",),
    ("feedback",),
    ("report",),
    ("export", "csv"),
    ("check",),
    ("demo",),
    ("audit",),
    ("doctor",),
)


def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autograder"), *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )


def words(text: str) -> str:
    """The text without line breaks and boxes: help wraps where the terminal ends."""
    return " ".join(text.replace("│", " ").split())


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny course in which one student handed in something and nothing has been graded."""
    made = tiny.course(tmp_path_factory.mktemp("tiny"))
    tiny.hand_in(made, "ada", tiny.notebook(made, **tiny.RIGHT))
    return made.root


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_teaches_with_an_example(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Example: autograder {' '.join(command)}" in words(done.stdout)


def test_help_lists_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(f"│ {command[0]} " in done.stdout for command in COMMANDS)


def test_help_imports_nothing_slow() -> None:
    slow = {"torch", "nbgrader", "nbformat", "jupytext", "sqlalchemy", "nbclient", "matplotlib"}
    code = f"import sys, autograder.cli; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


WRONG = {
    "no such command": (("grad",), "No such command 'grad'"),
    "no course here": (("grade",), "autograder init DIR"),
    "no such folder": (("grade", "--course", "nowhere/at/all"), "there is no such folder"),
    "unknown assignment": (("grade", "01-tinny", "--course", "COURSE"), "Did you mean 01-tiny?"),
    "unknown student": (
        ("grade", "--student", "adda", "--course", "COURSE"),
        "no student is called 'adda'",
    ),
    "no workers": (("grade", "--jobs", "0", "--course", "COURSE"), "--jobs"),
    "not graded yet": (("report", "--course", "COURSE"), "Run: autograder grade"),
    "unknown source": (("release", "02-layr"), "Did you mean 02-layer?"),
    "no such notebook": (("check", "exercises/02-layer/02-layers.ipynb"), "Did you mean"),
    "no notebook": (("check", "README.md"), "not valid JSON"),
    "folder in use": (("init", "solutions"), "nothing was written"),
    "nowhere to put it": (("init", "/proc/nowhere"), "/proc/nowhere: No such file or directory"),
    "nowhere to write": (("export", "csv", "--out", "/proc/nowhere/a.csv"), "Invalid value"),
    "a folder to write": (("grade", "--json", "tests"), "'tests' is a directory"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_says_what_to_do_and_exits_2(case: str, course: Path) -> None:
    arguments, hint = WRONG[case]
    done = run(*(course if word == "COURSE" else word for word in arguments))
    assert done.returncode == 2, done.stdout
    assert hint in words(done.stderr)
    assert "Traceback" not in done.stderr


def checkout(folder: Path) -> Repository:
    """A copy of what `release` reads and writes."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return Repository(folder)


@pytest.mark.slow
def test_exercises_are_what_their_sources_give(tmp_path: Path) -> None:
    done = run("release", "--check")
    assert done.returncode == 0, done.stdout + done.stderr

    copy = checkout(tmp_path / "copy")
    before = {p: p.read_bytes() for p in copy.exercises.rglob("*.ipynb")}
    assert before
    edited, *_ = before
    edited.write_bytes(before[edited] + b"\n")
    (copy.exercises / "99-gone").mkdir()
    done = run("release", "--check", "--repository", copy.root)
    assert done.returncode == 1
    assert f"{edited.name} is not what its source gives" in done.stdout
    assert "99-gone has no source" in done.stdout

    done = run("release", "--repository", copy.root)
    assert done.returncode == 0
    assert {p: p.read_bytes() for p in copy.exercises.rglob("*.ipynb")} == before
    assert done.stdout.count("unchanged ") == len(before) - 1


def test_released_notebooks_hold_no_solution_and_end_in_a_newline() -> None:
    released = list((ROOT / "exercises").rglob("*.ipynb"))
    assert {path.stem for path in released} == set(Repository(ROOT).sources())
    for path in released:
        text = path.read_text()
        assert CANARY not in text
        assert "SOLUTION" not in text
        assert "HIDDEN" not in text
        assert "hidden=True" not in text
        assert text.endswith("}\n")


def test_an_authors_fault_is_shown_with_its_place(tmp_path: Path) -> None:
    copy = checkout(tmp_path)
    path = copy.solutions / "01-window.py"
    path.write_text(path.read_text().replace('test="by_hand"', 'test="by_hnad"'))
    done = run("release", "--repository", copy.root, cwd=tmp_path)
    assert done.returncode == 1
    assert "solutions/01-window.py:" in done.stderr
    assert "no exercise is called 'by_hnad'" in done.stderr
    assert "Did you mean by_hand?" in done.stderr


@pytest.mark.slow
def test_init_makes_a_course_once_and_overwrites_nothing(tmp_path: Path) -> None:
    root = tmp_path / "course"
    done = run("init", root)
    assert done.returncode == 0, done.stderr
    assert "autograder grade --course" in done.stdout
    seed = root / ".autograder" / "seed"
    assert seed.stat().st_mode & 0o777 == 0o600
    secret = seed.read_text().strip()
    assert len(secret) == 32
    for name in Repository(ROOT).sources():
        released = (root / "release" / name / f"{name}.ipynb").read_text()
        assert released == (ROOT / "exercises" / name / f"{name}.ipynb").read_text()
        assert secret not in released
    assert (root / "submitted").is_dir()
    assert (root / "gradebook.db").is_file()

    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    done = run("init", root)
    assert done.returncode == 0
    assert not any(line.startswith("made") for line in done.stdout.splitlines())
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before

    source = root / "source" / "01-window" / "01-window.ipynb"
    source.write_text(source.read_text() + "\n")
    done = run("init", root)
    assert "differs" in done.stdout
    assert source.read_text().endswith("\n\n")


def answered(folder: Path, **answers: str) -> Path:
    """The first notebook with these answers, in a folder of a student's."""
    notebook = load(ROOT / "exercises" / "01-window" / "01-window.ipynb")
    for cell in notebook["cells"]:
        cell["source"] = answers.get(grade_id(cell), cell["source"])
    path = folder / "01-window.ipynb"
    path.write_text(dumps(notebook))
    return path


def test_check_gives_a_student_a_verdict(tmp_path: Path) -> None:
    body = "def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):\n    return "
    extent = "(size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride"
    done = run("check", answered(tmp_path, conv_output_size=f"{body}{extent} + 1"), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "✓ conv_output_size" in done.stdout
    assert "✗ cross_correlate2d" in done.stdout
    assert "not attempted yet" in done.stdout

    done = run("check", answered(tmp_path, conv_output_size=body + extent), cwd=tmp_path)
    assert "✗ conv_output_size" in done.stdout
    assert "F09" in done.stdout


def test_check_runs_nothing_of_the_file_outside_the_sandbox(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    act = f"open({str(trace)!r}, 'w').close()"
    names = ("conv_output_size", "test-conv_output_size", "test-by_hand")
    done = run("check", answered(tmp_path, **dict.fromkeys(names, act)))
    assert "✗ conv_output_size" in done.stdout
    assert not trace.exists()


def test_check_says_how_a_notebook_must_be_called(tmp_path: Path) -> None:
    copy = tmp_path / "01-window (1).ipynb"
    shutil.copy(ROOT / "exercises" / "01-window" / "01-window.ipynb", copy)
    done = run("check", copy)
    assert done.returncode == 1
    assert "not attempted yet" in done.stdout
    assert "Call it 01-window.ipynb when you hand it in" in done.stdout


def test_doctor_finds_fault_with_a_course_that_is_named_and_is_none(tmp_path: Path) -> None:
    done = run("doctor", "--course", tmp_path)
    assert done.returncode == 1
    assert "this is no course folder" in words(done.stdout)


@pytest.mark.usefixtures("zygote")  # where there can be no sandbox, doctor's answer is another
def test_doctor_says_what_is_there(course: Path) -> None:
    done = run("doctor", "--course", course)
    assert done.returncode == 0, done.stdout
    text = words(done.stdout)
    for name in ("Python", "nbgrader", "torch", "solutions", "secret seed", "gradebook", "browser"):
        assert name in text
    for protection in ("control groups", "files", "network", "system calls", "survivors"):
        assert protection in text
    (course / ".autograder" / "seed").chmod(0o644)
    try:
        done = run("doctor", "--course", course)
        assert done.returncode == 1
        assert "chmod 600" in words(done.stdout)
    finally:
        (course / ".autograder" / "seed").chmod(0o600)


def test_grade_writes_json_without_anything_handed_in(tmp_path: Path) -> None:
    made = tiny.course(tmp_path)
    done = run("grade", "--course", made.root, "--json", tmp_path / "g.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "g.json").read_text()) == []


def test_audit_says_how_many_mistakes_each_exercise_rejects(tmp_path: Path) -> None:
    """Of two exercises; `tests/diagnosis/test_audit.py` audits them all."""
    done = run("audit", "pad2d", "by_hand", "--json", tmp_path / "kills.json")
    assert done.returncode == 0, done.stdout + done.stderr
    audits = json.loads((tmp_path / "kills.json").read_text())
    assert [(entry["exercise"], entry["complete"]) for entry in audits] == [
        ("pad2d", True),
        ("by_hand", True),
    ]
    total = sum(entry["in_scope"] for entry in audits)
    assert f"{total} of {total} mistakes rejected over 2 exercises" in done.stdout


def test_audit_knows_what_a_misspelt_exercise_was_to_be() -> None:
    done = run("audit", "pad2")
    assert done.returncode == 2
    assert "pad2d" in words(done.stderr)
