# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/api.md is what docs/apitable.py makes of the headers and the tests today; tests say what they test.

Fails where the page is stale, where a header declares what docs/api.txt lacks, where a name of a row, the
kernel's or ours, has no test, where a row of the table of worked cases (1 to 90) has no case, where a row of
an operation has an unknown letter, another's word, or no line in docs/traces.md, and where a file of tests/unit or tests/cli does not begin with its name and what it is (tests/README.md prints those lines).
"""
import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
sys.path.insert(0, str(SOURCE / "docs"))
import apitable  # noqa: E402  its place is known only now

ROWS = 90
failures = []


def self_test():
    """The parts, on text of which the answer is known."""
    names = apitable.header_names("""
        /* int mb_no(void); */
        #define MB_ONE 1
        #define MB_TWO(x) \\
                mb_inner(x)
        enum mb_e { MB_THREE = 1, /* , */ MB_FOUR };
        struct mb_s { int (*hook)(void *ctx); };
        struct mb_forward;
        static inline bool mb_five(const struct mb_s *s) { return mb_called(s); }
        int mb_six(struct mb *mb, int (*f)(int)) __attribute__((format(printf, 1, 2)));
        extern unsigned long mb_seven, mb_eight;
        """)
    expected = {"MB_ONE", "MB_TWO", "mb_e", "MB_THREE", "MB_FOUR", "mb_s", "mb_five", "mb_six",
                "mb_seven", "mb_eight"}
    if names != expected:
        failures.append(f"header_names() is wrong about {sorted(names ^ expected)}")
    if apitable.functions("struct s { int (*hook)(void); }; int f(int (*g)(void)); typedef int t(void);"
                          "static inline int h(void) { return f(0); } void *k(void);") != {"f", "k"}:
        failures.append("functions() is wrong")
    calls = apitable.read_calls('''
        #define MB_CALL(name, kernel, type)
MB_CALL(one, memblock_one, int,
	(struct mb *mb, void *(*f)(int)), (mb, f), ANY,
	"first; "
	"then (others)")
MB_CALL_OWN(two, two=, void, (struct mb *mb), (mb), ANY, "")
''')
    if calls != {"one": ("memblock_one", ["mb_one"], "first; then (others)"), "two": ("two=", ["mb_two"], "")}:
        failures.append(f"read_calls() finds {calls}")
    if apitable.read_table("== A\nx | - |\n@ two one\n", calls)[0] != [
            ("A", [("x", [], ""), calls["two"], calls["one"]])]:
        failures.append("read_table() is wrong")
    cases = list(apitable.cases('''
        static const struct script_case cases[] = {
                { 7, "one", ON_A | ON_B, /* a remark */
                  "add 1-2@1; new| R: 3-4\\n"
                  FULL "free 1-2; free any 0: 1-2; log a: b" },
                { 0, "two", 0, "rsv 1-2" },
        };'''))
    if cases != [(7, {"add@", "R:", "free", "free:", "log"}), (0, {"rsv"})]:
        failures.append(f"cases() finds {cases}")
    if (apitable.needing_a_test("memblock_add", ["mb_add"]) != ["mb_add", "memblock_add"]
            or apitable.needing_a_test("reserve_mem=", ["mb_reserve_mem"]) != ["mb_reserve_mem"]):
        failures.append("needing_a_test() is wrong")
    if len(list(misspelled_rows('MB_ARGUMENT(\'b\',\nMB_OPERATION(A, "a", "bc=")\nMB_OPERATION(B, "a", "")'))) != 3:
        failures.append("misspelled_rows() is wrong")
    if undescribed('MB_OPERATION(A, "a", "")\nMB_OPERATION(B,  "b", "")\n', "| `a` | `b` |\n") != (["b"], 2):
        failures.append("undescribed() is wrong")
    if apitable.spans({1, 2, 3, 7, 9, 10}) != "1-3, 7, 9-10":
        failures.append("spans() is wrong")


def undefined():
    """Functions that a header declares and the library lacks. Without a build: not looked at."""
    library = Path(os.environ.get("MB_BUILD_DIR", SOURCE / "build")) / "libmemblock.a"
    declared = set()
    for header in apitable.HEADERS:
        declared |= apitable.functions((SOURCE / header).read_text())
    if not library.exists():
        return []
    symbols = subprocess.run(["nm", "--defined-only", library], capture_output=True, text=True,
                             check=False).stdout
    defined = set(re.findall(r" [TW] (\w+)$", symbols, re.M))
    return sorted(declared - defined)


def undescribed(operations, page):
    """Words of rows MB_OPERATION that stand in no first column of the page's tables."""
    words = re.findall(r'^MB_OPERATION\(\w+, *"(\w+)"', operations, re.M)
    described = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|([^|]*)\|", page, re.M))))
    return [word for word in words if word not in described], len(words)


def misspelled_rows(operations):
    """What is wrong with rows MB_OPERATION that a compiler does not see."""
    letters = set(re.findall(r"^MB_ARGUMENT\('(.)'", operations, re.M))
    words = set()
    for word, arguments in re.findall(r'^MB_OPERATION\(\w+, *"(\w+)", *"([^"]*)"', operations, re.M):
        if word in words:
            yield f"two rows have the word '{word}'"
        words.add(word)
        yield from (f"row '{word}': no argument has the letter '{letter}'" for letter in arguments
                    if letter not in letters)


def without_a_head():
    files = [*SOURCE.glob("tests/unit/*.[ch]"), *SOURCE.glob("tests/cli/*.sh")]
    return sorted(path.relative_to(SOURCE) for path in files
                  if f"{path.name} - " not in "\n".join(path.read_text().splitlines()[:5]))


def main():
    self_test()
    for path in without_a_head():
        failures.append(f"{path}: begins without '{path.name} - ' and what it is")
    words, count = undescribed((SOURCE / "include/memblock/operations.def").read_text(),
                               (SOURCE / "docs/traces.md").read_text())
    if count < 40:
        failures.append(f"operations.def: only {count} rows MB_OPERATION were recognised")
    for fault in misspelled_rows((SOURCE / "include/memblock/operations.def").read_text()):
        failures.append(f"operations.def: {fault}")
    for word in words:
        failures.append(f"docs/traces.md: the table of operations lacks '{word}'; add a line")
    for name in undefined():
        failures.append(f"include/memblock: '{name}' is declared, but the library has no such function")
    text, untested = apitable.page(SOURCE)
    for name in apitable.missing(SOURCE):
        failures.append(f"docs/api.txt: the headers have '{name}', the table has not; add a line")
    for name in untested:
        failures.append(f"docs/api.txt: no test uses '{name}'; write one")
    rows = apitable.row_numbers(SOURCE)
    for row in range(1, ROWS + 1):
        if row not in rows:
            failures.append(f"tests: row {row} of the table of worked cases has no case; write one")
    for row in rows:
        if row > ROWS:
            failures.append(f"tests/unit/{min(rows[row])}.c: there is no row {row}; 0 marks a case of our own")
    path = SOURCE / "docs/api.md"
    committed = path.read_text() if path.exists() else ""
    if committed != text:
        diff = difflib.unified_diff(committed.splitlines(), text.splitlines(), "docs/api.md", "now",
                                    lineterm="", n=0)
        failures.append("docs/api.md is stale; run: python3 docs/apitable.py --write\n"
                        + "\n".join(list(diff)[:20]))
    for failure in failures:
        print(failure)
    print(f"{len(rows) - (0 in rows)} rows have cases; {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
