"""The lists of `make mutants` are made for the code as it is, and a run of them can't look greener than it is."""

from __future__ import annotations

import importlib.util
import os
import sys
import time

import pytest

SPIN = "end = time.process_time() + {}\nwhile time.process_time() < end: pass"


@pytest.fixture(scope="module")
def run(root):
    """ci/mutants/run.py, which is a script."""
    folder = root / "ci" / "mutants"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("mutants_run", folder / "run.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["mutants_run"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(folder))


def test_every_mutant_applies_to_the_code_as_it_is_and_few_are_said_to_change_nothing(run, root):
    mutants = [
        m for path in (root / "ci" / "mutants").glob("*.toml") for m in run.read_mutants(path)
    ]
    assert len(mutants) >= 100
    assert sum(bool(mutant.proof) for mutant in mutants) <= 0.03 * len(mutants)


LIST = """
[tests]
sums = ["pytest test_sums.py"]

[files."sums.py"]
tests = ["sums"]
mutants = [
  {entries}
]
"""

CODE = "def add(a, b):\n    return a + b  # a + a\n"


@pytest.fixture
def read(run, tmp_path):
    (tmp_path / "sums.py").write_text(CODE)

    def read(*entries: str):
        (tmp_path / "list.toml").write_text(LIST.replace("{entries}", ",\n".join(entries)))
        return run.read_mutants(tmp_path / "list.toml", tmp_path)

    return read


def test_a_test_is_run_by_ctest_or_by_pytest_in_one_of_two_environments(run):
    for line in ("ctest unit schedule", "pytest test_a.py -k 'b c'", "tilelang test_a.py"):
        runner, *_ = line.split()
        assert run.Command.parse(line, {}).runner == runner
    assert run.Command.parse("tilelang test_a.py -k 'b c'", {}).arguments[-1] == "b c"
    for line in ("ctest unit", "pytest", "tilelang", "make test"):
        with pytest.raises(run.DataError, match=f"{line}: expected ctest TARGET REGEX, pytest"):
            run.Command.parse(line, {})


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{ old = 'a - b', new = 'a + b' }", "the old text occurs 0 times; expected once"),
        ("{ old = 'a +', new = 'b -' }", "the old text occurs 2 times; expected once"),
        ("{ old = 'a + b', new = 'a + b' }", "changes no text"),
        ("{ old = 'a + b', new = 'b', tests = ['none'] }", "found the tests ['none']"),
        ("{ old = 'a + b', new = 'b', why = '' }", "found the keys ['why']"),
    ],
)
def test_an_entry_that_does_not_suit_the_code_is_an_error(run, read, entry, said):
    with pytest.raises(run.DataError, match=r"sums\.py") as error:
        read(entry)
    assert said in str(error.value)


def test_a_change_is_listed_once(run, read):
    with pytest.raises(run.DataError, match="twice"):
        read("{ old = 'a + b', new = 'b' }", "{ old = 'a + b', new = 'b' }")


@pytest.mark.parametrize(
    ("outcomes", "proven", "exit_code", "said"),
    [
        (["noticed", "hangs"], 0, 0, "2 of 2 mutants noticed (100.0%)"),
        (["noticed", "survives"], 0, 1, "SURVIVES"),
        (["noticed", "broken"], 0, 1, "does not build"),
        (["noticed"] * 33 + ["survives"], 1, 0, "33 of 34 mutants noticed"),
        (
            ["noticed"] * 32 + ["survives"],
            1,
            1,
            "1 of 33 mutants have a proof; expected at most 3 %",
        ),
        (["noticed"] * 34, 1, 1, "HAS A PROOF THAT IS WRONG"),
    ],
)
def test_a_run_is_green_only_if_all_are_noticed_but_a_few_that_change_nothing(
    run, capsys, outcomes, proven, exit_code, said
):
    mutants = [
        run.Mutant("sums.py", "a", str(i), (), "why" if i >= len(outcomes) - proven else "")
        for i in range(len(outcomes))
    ]
    assert run.report(dict(zip(mutants, outcomes, strict=True)), mutants) == exit_code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "printed", "said"),
    [
        (1, "1 failed, 3 passed in 1.02s", "fails on the code as it is"),
        (None, "", "fails on the code as it is"),
        (0, "4 skipped in 0.31s", "none of its tests runs"),
        (0, "12 passed, 4 skipped in 0.31s", None),
    ],
)
def test_tests_that_fail_or_are_skipped_judge_nothing(run, code, printed, said):
    command = run.Command.parse("pytest test_sums.py", {})
    if said is None:
        run.check_that_it_holds(command, code, printed)
        return
    with pytest.raises(run.DataError, match=rf"pytest test_sums\.py: {said}"):
        run.check_that_it_holds(command, code, printed)


def test_a_mutant_is_made_in_a_copy_and_noticed_by_a_test_that_fails_or_hangs(run, tmp_path):
    """With a slot of the test's own; what is tested is a function that counts down."""

    class Slot:
        tree = tmp_path

        def test(self, command, limit):
            space: dict[str, object] = {}
            text = (tmp_path / "down.py").read_text()
            if "+= 1" in text:
                return None, ""  # as where the limit is over
            exec(text, space)
            return int(space["down"](2) != [2, 1]), ""

    code = "def down(n):\n    out = []\n    while n > 0:\n        out.append(n)\n        n -= 1\n    return out\n"
    (tmp_path / "down.py").write_text(code)
    command = run.Command.parse("pytest test_down.py", {})
    judge = run.Run.__new__(run.Run)
    judge._took = {command: run.Seconds(0.1, 0.1)}
    for old, new, outcome in [
        ("n > 0", "n > 1", "noticed"),
        ("n -= 1", "n += 1", "hangs"),
        ("n > 0", "0 < n", "survives"),
    ]:
        mutant = run.Mutant("down.py", old, new, (command,), "")
        assert judge._judge(Slot(), mutant)[0] == outcome
        assert (tmp_path / "down.py").read_text() == code


@pytest.mark.parametrize(
    ("code", "limit", "expected"),
    [
        (SPIN.format(0.1), (9, 60), 0),
        ("time.sleep(1)", (0.5, 60), 0),  # as one that a busy machine lets wait
        (SPIN.format(60), (0.5, 60), None),
        (f"subprocess.run([sys.executable, '-c', {'import time; ' + SPIN.format(60)!r}])", (0.5, 60), None),
        ("time.sleep(60)", (60, 0.5), None),
        ("sys.exit(3)", (9, 60), 3),
    ],
)  # fmt: skip
def test_what_hangs_is_told_by_the_processor_time_of_all_its_processes(
    run, tmp_path, code, limit, expected
):
    command = [sys.executable, "-c", f"import subprocess, sys, time\n{code}"]
    begin = time.monotonic()
    found, took = sys.modules["slot"].run(
        command, run.Seconds(*limit), tmp_path / "log", tmp_path, dict(os.environ)
    )
    assert found == expected, (tmp_path / "log").read_text()
    assert time.monotonic() - begin < 30
    assert expected is None or took.cpu < limit[0]


def test_what_a_command_takes_is_that_of_all_its_processes(run, tmp_path):
    spin = f"import time; {SPIN.format(0.5)}"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}])"
    found, took = sys.modules["slot"].run(
        [sys.executable, "-c", code],
        run.Seconds(60, 60),
        tmp_path / "log",
        tmp_path,
        dict(os.environ),
    )
    assert found == 0
    assert took.cpu >= 0.5
    assert took.clock >= 0.5


def test_a_mutant_may_take_five_times_the_processor_and_more_by_the_clock(run):
    assert run._far_longer(run.Seconds(10, 20)) == run.Seconds(80, 260)
