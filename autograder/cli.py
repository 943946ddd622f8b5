"""The ``autograder`` command. Knows words, options and exit codes; the rooms below do the work.

Exit codes: 0 fine, 1 something was found, 2 wrong use. Every command imports what it needs when it
runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.sandbox.limits import LIMITS, Limits

if TYPE_CHECKING:
    from autograder.grading.cluster import Cluster
    from autograder.grading.course import Course
    from autograder.grading.executors import LocalPool, Warm
    from autograder.grading.jobs import Result
    from autograder.notebooks.repository import Repository

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Release, check and grade the exercises of the convolution course.",
    epilog="An instructor's round: [bold]init[/] a course folder, hand out its release/, "
    "collect into submitted/, then [bold]grade[/], [bold]feedback[/], [bold]report[/] and "
    "[bold]export csv[/].",
)
export = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Write grades for other programs."
)
app.add_typer(export, name="export")

# What files and folders do to whoever uses them: no fault of ours, and theirs to mend.
MACHINES_OWN = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM),
    *(errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG, errno.ELOOP),
)

Assignments = Annotated[
    list[str] | None,
    typer.Argument(metavar="ASSIGNMENT", help="Names such as 02-layer. All of them if none."),
]
CourseOption = Annotated[
    Path | None,
    typer.Option("--course", metavar="DIR", help="The course folder. Else the one you are in."),
]
Students = Annotated[
    list[str] | None,
    typer.Option("--student", metavar="ID", help="Only this student. Repeat it for more."),
]
RepositoryOption = Annotated[
    Path | None,
    typer.Option("--repository", metavar="DIR", help="The checkout. Else the one you are in."),
]
BookOption = Annotated[
    str | None,
    typer.Option(
        "--book", metavar="URL", help="Where the book is: a URL or a folder. Else the built one."
    ),
]


def _to_write(path: Path | None) -> Path | None:
    # Said before minutes of work, not after them.
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not os.access(path if path.exists() else path.parent, os.W_OK):
                raise PermissionError(0, "you may not write there", str(path))
        except OSError as error:
            raise typer.BadParameter(f"{error.filename}: {error.strerror}") from None
    return path


def _file(name: str, help_text: str) -> Any:
    return typer.Option(name, metavar="FILE", help=help_text, dir_okay=False, callback=_to_write)


JsonOption = Annotated[Path | None, _file("--json", "Write everything as JSON too.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", min=1, max=256, help="How many to grade side by side. Else one a processor."
    ),
]
NoSandbox = Annotated[
    bool,
    typer.Option(
        "--no-sandbox",
        help="Put no walls around submissions: their code runs with your rights. Same scores. "
        "For people whom you trust, on machines that allow no walls.",
    ),
]


@app.command(
    epilog="Example: [bold]autograder release --check[/] (does exercises/ match its source?)"
)
def release(
    assignments: Assignments = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 where anything differs.")
    ] = False,
    bundle: Annotated[
        Path | None,
        _file("--bundle", "Also pack a zip that students take home."),
    ] = None,
    repository: RepositoryOption = None,
) -> None:
    """Make what students receive: exercises/ from solutions/, through nbgrader.

    A bundle holds the notebooks and the checks, to be installed without anything else of this.
    """
    from autograder.checks import record
    from autograder.notebooks import release as releasing
    from autograder.notebooks import repository as repositories
    from autograder.notebooks.files import write_if_changed

    found = repositories.find(repository)
    cases = _cases_folder(found)
    notebooks = releasing.sources(found, assignments, _known_exercises())
    with _progress("Releasing", len(notebooks)) as advance:
        texts = releasing.release(notebooks, advance)
    if check:
        wrong = [f"{_short(d.path)} {d.reason}" for d in releasing.differences(found, texts)]
        wrong += [f"{_short(d.path)} {d.reason}" for d in releasing.leftovers(found)]
        stale = record.stale(cases) if cases else []
        wrong += [f"the stored cases {name} are not what the reference gives" for name in stale]
        for line in wrong:
            print(line)
        if wrong:
            print("Run `autograder release` and commit what it changes.")
            raise typer.Exit(1)
        print(f"{len(texts)} assignments are what their sources give.")
        return
    for path in record.write(cases) if cases else []:
        print(f"recorded   {_short(path)}")
    for name, text in texts.items():
        path = releasing.target(found, name)
        print(f"{'released ' if write_if_changed(path, text) else 'unchanged'}  {_short(path)}")
    for left in releasing.leftovers(found):
        print(f"left over  {_short(left.path)} {left.reason}: delete it")
    if bundle:
        from autograder.notebooks import bundle as bundles

        changed = write_if_changed(bundle, bundles.bundle(found))
        print(f"{'bundled  ' if changed else 'unchanged'}  {_short(bundle)}")


@app.command(epilog="Example: [bold]autograder init ~/teaching/conv-2027[/]")
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    database: Annotated[
        str,
        typer.Option(
            "--gradebook",
            metavar="URL",
            help="A database for the gradebook, such as postgresql+psycopg://USER@HOST/NAME. "
            "Else a file in the folder.",
        ),
    ] = "",
    repository: RepositoryOption = None,
) -> None:
    """Make an nbgrader course folder: sources, releases, gradebook, a secret seed.

    Run again, it adds what is missing and overwrites nothing.
    """
    from autograder.grading.create import create
    from autograder.notebooks import release as releasing
    from autograder.notebooks import repository as repositories

    found = repositories.find(repository)
    notebooks = releasing.sources(found, None, _known_exercises())
    made = create(directory, found, notebooks, database=database)
    for entry in made:
        print(f"{entry.state:8} {_short(entry.path)}" + (f"  ({entry.note})" if entry.note else ""))
    if any(entry.state == "made" for entry in made):
        print(
            f"\nHand out {_short(directory / 'release')}. Put what comes back into "
            f"{_short(directory / 'submitted')}/STUDENT/ASSIGNMENT/, then run\n"
            f"    autograder grade --course {_short(directory)}"
        )


def _limit(help_text: str) -> Any:
    return typer.Option(min=1, help=help_text, rich_help_panel="What one submission may use")


@app.command(
    epilog="Example: [bold]autograder grade 02-layer --jobs 4 --json grades.json[/]. "
    "What was graded before and has not changed is not graded again."
)
def grade(
    assignments: Assignments = None,
    course: CourseOption = None,
    student: Students = None,
    jobs: Jobs = None,
    json_file: JsonOption = None,
    no_sandbox: NoSandbox = False,
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Run submissions on a Dask cluster, such as tcp://HOST:8786, instead of here.",
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Grade unchanged ones again too.")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Finish an interrupted run: what grade does anyway."),
    ] = False,
    cell_seconds: Annotated[int, _limit("Seconds for one cell.")] = LIMITS.cell_seconds,
    submission_seconds: Annotated[
        int, _limit("Seconds for the whole notebook.")
    ] = LIMITS.submission_seconds,
    cpu_seconds: Annotated[int, _limit("Seconds of processor time.")] = LIMITS.cpu_seconds,
    memory_mb: Annotated[int, _limit("MB of memory.")] = LIMITS.memory_mb,
    disk_mb: Annotated[int, _limit("MB of files.")] = LIMITS.disk_mb,
    files: Annotated[int, _limit("Files.")] = LIMITS.files,
    processes: Annotated[int, _limit("Processes and threads at once.")] = LIMITS.processes,
    open_files: Annotated[int, _limit("Open files of a process.")] = LIMITS.open_files,
    output_kb: Annotated[int, _limit("kB of printed output.")] = LIMITS.output_kb,
) -> None:
    """Grade what is under submitted/ and record it in nbgrader's gradebook."""
    from autograder.grading import course as courses

    if scheduler and jobs:
        raise typer.BadParameter("--jobs is for this machine; a cluster has its own workers")
    if force and resume:
        raise typer.BadParameter("--force grades all again, --resume only what is missing")
    found = courses.find(course)
    names = found.choose_assignments(assignments)
    students = found.choose_students(student)
    limits = Limits(
        cell_seconds=cell_seconds,
        submission_seconds=submission_seconds,
        cpu_seconds=cpu_seconds,
        memory_mb=memory_mb,
        disk_mb=disk_mb,
        files=files,
        processes=processes,
        open_files=open_files,
        output_kb=output_kb,
    )
    walls = not no_sandbox
    results, _ = _grade(found, names, students, jobs, force, walls, limits, scheduler)
    if json_file:
        _write_json(json_file, [result.to_json() for result in results])
    if any(result.outcome == "failed-internally" for result in results):
        raise typer.Exit(1)


@app.command(epilog="Example: [bold]autograder feedback 02-layer --student ada[/]")
def feedback(
    assignments: Assignments = None,
    course: CourseOption = None,
    student: Students = None,
    book: BookOption = None,
) -> None:
    """Write a feedback page for every graded submission."""
    from autograder.reports import feedback as pages

    found, results = _graded(course, assignments, student)
    with _progress("Writing feedback", len(results)) as advance:
        changed = pages.write(found, results, _book(book), lambda path, _: advance(path.stem))
    print(f"{len(results)} pages in {_short(found.root / 'feedback')}, {changed} of them changed.")


@app.command(epilog="Example: [bold]autograder report --out report.html[/]")
def report(
    assignments: Assignments = None,
    course: CourseOption = None,
    out: Annotated[
        Path | None,
        _file("--out", "Else report/index.html in the course."),
    ] = None,
    book: BookOption = None,
) -> None:
    """Write the class report: scores, exercises, common mistakes, what needs a person."""
    from autograder.reports import classreport

    found, results = _graded(course, assignments, None)
    path = out or found.root / "report" / "index.html"
    changed = classreport.write(found, results, path, _book(book))
    print(f"{_short(path)} {'written' if changed else 'unchanged'}.")


@export.command("csv", epilog="Example: [bold]autograder export csv --out grades.csv[/]")
def export_csv(
    assignments: Assignments = None,
    course: CourseOption = None,
    out: Annotated[Path | None, _file("--out", "Else to the terminal.")] = None,
) -> None:
    """Write the grades as CSV, quoted, with nothing in it that a spreadsheet would run."""
    from autograder.notebooks.files import write_if_changed
    from autograder.reports.export import to_csv

    _, results = _graded(course, assignments, None)
    text = to_csv(results)
    if out is None:
        sys.stdout.write(text)
    else:
        changed = write_if_changed(out, text)
        print(f"{_short(out)}: {len(results)} rows, {'written' if changed else 'unchanged'}.")


@app.command(epilog="Example: [bold]autograder check exercises/02-layer/02-layer.ipynb[/]")
def check(
    notebook: Annotated[Path, typer.Argument(metavar="NOTEBOOK", help="Your .ipynb file.")],
) -> None:
    """Run your notebook and say what is right, exercise by exercise. For students."""
    from autograder.sandbox.client import Zygote

    with Zygote() as usual:
        from autograder.grading import student
        from autograder.reports import terminal

        with _progress("Running your notebook", 1) as advance:
            checked = student.check(
                notebook, usual, lambda done, total: advance(f"cell {done} of {total}", 0)
            )
    terminal.console().print(terminal.verdicts(checked))
    known = _known_exercises()
    homes = {known[entry.shown.exercise] for entry in checked if entry.shown.exercise in known}
    if homes and notebook.stem not in homes:
        names = " or ".join(f"{home}.ipynb" for home in sorted(homes))
        print(f"\nCall it {names} when you hand it in: it is looked for by that name.")
    passed = sum(entry.shown.passed for entry in checked)
    earned, worth = sum(e.points for e in checked), sum(e.max for e in checked)
    print(
        f"\n{passed} of {len(checked)} right, {earned:g} of {worth:g} points by the visible "
        "checks. Hidden checks with other numbers come on top when it is graded."
    )
    if passed < len(checked):
        raise typer.Exit(1)


@app.command(epilog="Example: [bold]autograder demo[/], then open _build/demo/report/index.html")
def demo(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Else _build/demo in the checkout.")
    ] = None,
    jobs: Jobs = None,
    no_sandbox: NoSandbox = False,
    repository: RepositoryOption = None,
) -> None:
    """Grade a made-up class of right answers, catalogued mistakes and accidents.

    Run again, it does only what changed and says so.
    """
    from autograder.grading import demonstration
    from autograder.grading.create import create, fresh_if_outdated
    from autograder.grading.run import NoSandbox
    from autograder.notebooks import release as releasing
    from autograder.notebooks import repository as repositories
    from autograder.reports import classreport
    from autograder.reports import feedback as pages

    found = repositories.find(repository)
    folder = (out or found.root / "_build" / "demo").resolve()
    notebooks = releasing.sources(found, None, _known_exercises())
    course = fresh_if_outdated(folder / "course", found, notebooks)
    create(course.root, found, notebooks, seed=demonstration.SEED)
    written = demonstration.write(course)
    print(f"class: {len(demonstration.CLASS)} students, {written} files of theirs changed")
    names, students = course.assignments(), course.students()
    walls = not no_sandbox
    try:
        results, fresh = _grade(course, names, students, jobs, False, walls)
    except NoSandbox as error:  # this class is of our own making: nothing in it is hostile
        print(f"{error.what}; graded without one. See: autograder doctor")
        results, fresh = _grade(course, names, students, jobs, False, walls=False)
    if fresh or not (folder / "grades.json").is_file():
        _write_json(folder / "grades.json", [result.to_json() for result in results])
    with _progress("Writing feedback", len(results)) as advance:
        changed = pages.write(course, results, found.book, lambda path, _: advance(path.stem))
    report_path = folder / "report" / "index.html"
    report_changed = classreport.write(course, results, report_path, found.book)
    print(f"feedback: {changed} pages changed, in {_short(course.root / 'feedback')}")
    print(f"grades:   {_short(folder / 'grades.json')}")
    print(f"report:   {_short(report_path)}{'' if report_changed else ' (unchanged)'}")
    if any(result.outcome == "failed-internally" for result in results):
        raise typer.Exit(1)


@app.command(epilog="Example: [bold]autograder audit --json kills.json[/]")
def audit(
    exercises: Annotated[
        list[str] | None,
        typer.Argument(metavar="EXERCISE", help="Ids such as conv2d.groups. All of them if none."),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Check the checks: every catalogued mistake rejected, every right answer accepted.

    Exits 1 where any exercise is short.
    """
    from autograder.checks.exercises import EXERCISES, find
    from autograder.diagnosis import audit as auditing
    from autograder.reports import terminal

    try:
        chosen = [find(name) for name in exercises or EXERCISES]
    except LookupError as error:
        raise typer.BadParameter(str(error)) from None
    with _progress("Auditing", len(chosen)) as advance:
        audits = auditing.run(chosen, advance)
    terminal.console().print(terminal.kill_table(audits))
    if json_file:
        _write_json(json_file, [entry.as_json() for entry in audits])
    short = [entry.exercise for entry in audits if not entry.complete]
    rejected, in_scope = sum(a.rejected for a in audits), sum(a.in_scope for a in audits)
    print(f"{rejected} of {in_scope} mistakes rejected over {len(audits)} exercises.")
    if short:
        print(f"Short: {', '.join(short)}.")
        raise typer.Exit(1)


@app.command(epilog="Example: [bold]autograder doctor --course ~/teaching/conv-2027[/]")
def doctor(course: CourseOption = None) -> None:
    """Look at this machine and course and say in plain words what is there and what is missing."""
    from autograder.grading.doctor import examine
    from autograder.reports import terminal

    found = list(examine(course))
    terminal.console().print(terminal.probes(found))
    if any(probe.state == "bad" for probe in found):
        raise typer.Exit(1)


def main() -> None:
    """Run the command; say what a person can mend in words, without a traceback."""
    gc.set_threshold(50_000)  # what commands load are hundreds of thousands of objects that stay
    try:
        app()
    except Exception as error:
        from autograder.checks.reference import ReferenceMissing
        from autograder.notebooks.errors import Complaint

        if isinstance(error, OSError) and error.errno in MACHINES_OWN and error.filename:
            error = Complaint(
                str(error.strerror),
                where=str(error.filename),
                do="See that it is there, that you may read and write it, and that there is room.",
            )
        if not isinstance(error, (Complaint, ReferenceMissing)):
            raise
        print(f"autograder: {error}", file=sys.stderr)
        sys.exit(error.status if isinstance(error, Complaint) else 2)


def _grade(
    course: Course,
    assignments: list[str],
    students: list[str],
    jobs: int | None,
    force: bool,
    walls: bool,
    limits: Limits = LIMITS,
    scheduler: str = "",
) -> tuple[list[Result], int]:
    """Grade with a progress bar, print the table, and return the results and how many are fresh."""
    from autograder.grading.run import Step
    from autograder.grading.run import grade as run
    from autograder.notebooks.files import load, loaded
    from autograder.reports import terminal
    from autograder.reports.pages import inert
    from autograder.sandbox.cgroups import sweep

    fresh = 0
    total = len(list(course.submissions(assignments, students)))
    sources = [load(course.source_notebook(name)) for name in assignments]
    sets = {(), *(loaded(source, source) for source in sources)}
    warm = [sorted(sets), walls, assignments, course.seed()]
    pool = _workers(jobs, scheduler, warm, walls)
    with _progress("Grading", total) as advance, _interruptible() as heed:

        def step(done: Step) -> None:
            nonlocal fresh
            heed()
            fresh += done.fresh
            advance(f"{done.result.student} {done.result.assignment}")

        try:
            results = run(
                course,
                assignments,
                students,
                pool,
                in_flight=2 * pool.workers,
                force=force,
                walls=walls,
                limits=limits,
                progress=step,
            )
        except KeyboardInterrupt:
            print("autograder: interrupted; what is graded is kept", file=sys.stderr)
            raise typer.Exit(130) from None
        finally:
            pool.shutdown(cancel_futures=True)
            sweep()
    console = terminal.console()
    if results:
        console.print(terminal.class_table(results))
        console.print(terminal.summary(results, fresh))
    else:
        where = _short(course.submitted)
        console.print(f"Nothing is handed in: notebooks go into {where}/STUDENT/ASSIGNMENT/.")
    for sentence in course.strangers():
        console.print(inert(sentence), style="yellow", markup=False)
    return results, fresh


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Give a function that raises KeyboardInterrupt once ^C was pressed. So does ^C itself, at
    once, but it may hit Python while it tidies an object up, where what is raised gets lost.
    """
    pressed = False

    def interrupted(*_: object) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    def heed() -> None:
        if pressed:
            raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, interrupted)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, previous)


def _workers(
    jobs: int | None, scheduler: str, common: list[Any], walls: bool
) -> LocalPool | Cluster:
    """Where submissions run: in processes here, or on the cluster that was named.

    common  what jobs have in common (see ``tasks.warm``)
    """
    from autograder.grading.executors import LocalPool, processors

    warm: list[Warm] = [("autograder.grading.tasks", "warm", common)]
    if scheduler:
        from autograder.grading import cluster

        return cluster.join(scheduler, warm, walls)
    return LocalPool(jobs or processors(), warm)


def _graded(
    course: Path | None, assignments: list[str] | None, students: list[str] | None
) -> tuple[Course, list[Result]]:
    """The course and its recorded results, for the commands that come after grading."""
    from autograder.grading import course as courses
    from autograder.grading.run import standing
    from autograder.notebooks.errors import UsageError

    found = courses.find(course)
    names = found.choose_assignments(assignments)
    chosen = found.choose_students(students)
    results = [result for result in standing(found, names) if result.student in chosen]
    if not results:
        raise UsageError(
            "nothing has been graded here yet", where=str(found.root), do="Run: autograder grade"
        )
    return found, results


def _cases_folder(repository: Repository) -> Path | None:
    """Where this checkout stores the visible cases; None where it is not the package's own."""
    folder = repository.root / "autograder" / "checks" / "cases"
    return folder if folder.is_dir() else None


def _known_exercises() -> dict[str, str]:
    from autograder.checks.exercises import EXERCISES

    return {exercise.id: exercise.assignment for exercise in EXERCISES.values()}


def _book(given: str | None) -> str | Path | None:
    """The book that pages link into: the one named, else the built one of this checkout."""
    from autograder.notebooks import repository as repositories
    from autograder.notebooks.errors import UsageError

    if given:
        return given
    try:
        built = repositories.find().book
    except UsageError:
        return None
    return built if (built / "index.html").is_file() else None


def _write_json(path: Path, data: Any) -> None:
    from autograder.notebooks.files import write_if_changed

    write_if_changed(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _short(path: Path) -> str:
    """The path as a person in this folder would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Any]:
    """A progress bar on stderr; yields ``advance(text, steps=1)``. Silent where nobody watches."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from autograder.reports import terminal

    console = terminal.console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[now]}", markup=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(what, total=total or None, now="")
        yield lambda text="", steps=1: progress.update(task, advance=steps, now=str(text))


if __name__ == "__main__":
    main()
