# SPDX-License-Identifier: GPL-2.0-or-later
"""`make mutants` judges, in some seconds of what takes it many minutes.

    what a comparison says is a difference, a death or nothing; everything else judges nothing, and is told with
    the mutant's name; which of many does not compile is found
    the controls and some mutants, drawn by MB_MUTANT_SEED (1), on the newest kernel

Sanitizers slow the comparison down, and the object is not built with them: there only the first is looked at.
"""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
BUILD = Path(os.environ.get("MB_BUILD_DIR", SOURCE / "build")).resolve()
sys.path.insert(0, str(SOURCE / "tests/mutants"))
import mutants  # noqa: E402  its place is known only now
import table  # noqa: E402

DIFFERENCE = "difference: seed 3, step 5, profile 6.12, metadata self\n  array against linux: returns 0x0, not 0x1\n"
CRASH = "difference: seed 3, step 5, profile 6.12, metadata self\n  linux: ends by signal 11 (Segmentation fault)\n"
CASE = "[  ERROR   ] --- row 1 x: 2 configurations differ\n[  FAILED  ] 1 test(s), listed below:\n\n 1 FAILED TEST(S)\n"


def check_words():
    verify, unit = mutants.judge_verify, mutants.judge_unit
    assert verify(0, "no difference: 8000 operations\n") == ("", "")
    assert verify(1, DIFFERENCE) == ("difference", "array against linux: returns 0x0, not 0x1")
    assert verify(1, CRASH)[0] == mutants.DIES
    for status, said in ((0, "nothing was compared, array is alone\n"), (1, "no such thing\n"), (2, "usage\n"),
                         (2, DIFFERENCE), (3, "memblock-bench: linux: cannot build\n"), (-11, ""), (-14, DIFFERENCE)):
        assert verify(status, said)[0] is None, (status, said)
    assert unit(0, "") == unit(77, "SKIP") == ("", "")
    assert unit(1, CASE) == ("difference", "[  ERROR   ] --- row 1 x: 2 configurations differ")
    assert unit(1, "Test failed with exception: Segmentation fault(11)\n" + CASE)[0] == mutants.DIES
    for status, said in ((1, ""), (2, CASE), (0, CASE), (-6, "unexpected panic"), (127, "no such file")):
        assert unit(status, said)[0] is None, (status, said)


def refused(function, *arguments):
    """(status, what it said) of what ends the program."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            function(*arguments)
        except SystemExit as end:
            return end.code, said.getvalue()
    return 0, said.getvalue()


def check_culprit():
    """One of three does not compile."""
    named = {mutant.name: mutant for mutant in table.MUTANTS}
    mutants.ALL = [named["leak-alloc"], named["panic-text"]._replace(becomes="mbl_no_such_function("), named["K-pages"]]
    with tempfile.TemporaryDirectory() as folder:
        status, said = refused(mutants.Bench(BUILD, Path(folder)).referees, ("6.12",))
    assert status == 2 and said.startswith("mutants: panic-text: does not compile: "), (status, said)
    mutants.ALL = [*table.MUTANTS, *table.CONTROLS]


def main():
    check_words()
    if os.environ.get("MB_SANITIZED") == "1":
        return 0
    if Path("/usr/src/linux-source-6.12.tar.xz").exists():
        check_culprit()
    done = subprocess.run([sys.executable, "-B", SOURCE / "tests/mutants/mutants.py", BUILD, "--sample=4",
                           "--seed=" + os.environ.get("MB_MUTANT_SEED", "1")], check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
