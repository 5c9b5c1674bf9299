# SPDX-License-Identifier: GPL-2.0-or-later
"""variants/linux/replaced.md has a row for each name of a kernel that the adapter replaces, and no other.

Names are read off the adapter and its shims: macros, #undef, functions, variables and types that are not our own (mbl_,
MBL_, mb_, MB_), and the CONFIG_ and INIT_ options that it is compiled with; what shims declare only, too. A row is seen
by mutants of tests/mutants/table.py, or says `none:` and why; a mutant has a row, and its text is once in its file.
"""
import os
import re
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
sys.path.insert(0, str(SOURCE / "tests/mutants"))
import mutants  # noqa: E402  its place is known only now
import table  # noqa: E402

LINUX = SOURCE / "variants/linux"
OURS = re.compile(r"(mbl|MBL|mb|MB)(_|$)")


def without_blocks(text, opening, closing):
    """@text with all between a pair of braces gone."""
    depth, kept = 0, []
    for character in text:
        depth -= character == closing
        if not depth:
            kept.append(character)
        depth += character == opening
    return "".join(kept)


def at_file_scope(text):
    """Declarations, each without what its braces hold: `struct x {} y`, `int f(int x) {}`, `int z[] = {}`."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)
    text = re.sub(r"\"(\\.|[^\"\\])*\"|'(\\.|[^'\\])*'", "0", text)
    text = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", " ", text)
    one = ""
    for character in without_blocks(text, "{", "}"):
        one += character
        is_body = re.search(r"\)\s*\{\}$", one) and "=" not in without_blocks(one, "(", ")")
        if character == ";" or is_body:
            yield one.rstrip(";").strip()
            one = ""


def name_of(declarator):
    """Of `*x[3]`, `f(int)`, `(*f)(int)`."""
    pointed = re.search(r"\(\s*\*\s*(\w+)[^()]*\)\s*\(", declarator)
    plain = re.search(r"(\w+)\s*(\(\)|(\[[^]]*\]\s*)*)$", without_blocks(declarator, "(", ")").strip())
    return (plain or pointed or [None, ""])[1]


def defined(text, declared):
    """Names at file scope: functions, variables, types. With @declared those without a body or memory as well."""
    for one in at_file_scope(text):
        is_body = one.endswith("}") and ")" in one
        one = one[:-2].strip() if is_body else one
        tag = re.match(r"(?:typedef\s+|static\s+|const\s+)*(?:struct|union|enum)\s+(\w+)\s*\{\}", one)
        if tag:
            yield tag[1]
            declarators = one.partition("{}")[2]
        elif re.fullmatch(r"(?:struct|union|enum)\s+\w+", one):
            continue  # that there is such a type
        else:
            declarators = one
        for declarator in re.split(r",(?![^()]*\))(?![^{}]*\})", declarators):
            name = name_of(declarator.partition("=")[0])
            plain = re.search(r"\w\s*\(\)$", without_blocks(declarator.strip(), "(", ")"))
            is_only_declared = one.startswith("extern") or (plain and not is_body)
            if name and (declared or not is_only_declared):
                yield name


def replaced(text, shim):
    """Names of a kernel that a file defines or takes away."""
    names = set(re.findall(r"^\s*#\s*(?:define|undef)\s+(\w+)", re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.M))
    names |= set(defined(text, shim))
    return {name for name in names if not OURS.match(name)}


def rows(page):
    """Name -> the last column of its row; headings of tables are no rows."""
    found = {}
    for line in page.splitlines():
        match = re.match(r"\| `(\w+)` \|", line)
        if match:
            cells = line.strip().strip("|").split("|")
            found[match[1]] = cells[-1].strip() if len(cells) == 6 else f"{len(cells)} columns"
    return found


def faults(page, names, options, mutants_of, others=()):
    """What is wrong with @page: names and options that it must have, entries that have mutants; what else may have a
    row."""
    known = rows(page)
    words = set(re.findall(r"`(\w+)`", page))
    yield from (f"'{name}' is replaced and has no row" for name in sorted(names - set(known)))
    yield from (f"option '{name}' is not named" for name in sorted(options - words))
    for name, seen in known.items():
        if name not in names and name not in mutants_of and name not in others:
            yield f"the row '{name}' is of nothing that is replaced"
        if not re.match(r"(mutants$|none: .)", seen):
            yield f"the row '{name}' ends with '{seen}', not with mutants or none: and why"
        if (seen == "mutants") != (name in mutants_of):
            yield f"the row '{name}' says '{seen}', and has {'a' if name in mutants_of else 'no'} mutant"
    yield from (f"mutants of '{name}', which has no row" for name in sorted(mutants_of - set(known)))


# Types of two words, of a pointer, on two lines; what has no static; attributes; braces in it that end nothing.
SHIM = """
#define mb_none(x) \\
	struct no { int x; };
struct none;
extern unsigned long early;
unsigned long find(unsigned long x, struct none *of)
{
	static int inner;
	if (x) { return inner; }
	return "{"[0];
}
static const struct none *first, second = { { 1 }, 2 };
unsigned int table[2][3] = { { 1, 2, 3 } };
static __attribute__((cold, format(printf, 1, 2))) struct node {
	int field;
} *kept(const char *text, ...) { return 0; }
static inline struct none *
hold(void (*call)(int a, int b)) { return 0; }
enum area { NONE_OF_OURS };
typedef unsigned long long late_t;
static int mbl_ours, mb_ours;
"""


def self_test():
    assert replaced("#undef a\n  #define b(x) x\n#define MBL_C 1\n/* #define no */\n", False) == {"a", "b"}
    assert replaced("struct page {\n\tint x;\n};\nstatic bool m;\nstatic inline int f(int x) {}\n", True) == {"page", "m", "f"}
    assert replaced(SHIM, True) == {"early", "find", "first", "second", "table", "node", "kept", "hold", "area", "late_t"}
    assert replaced(SHIM, False) == {"find", "first", "second", "table", "node", "kept", "hold", "area", "late_t"}
    page = "| `a` | 1 | 2 | 3 | 4 | mutants |\n| `b` | 1 | 2 | 3 | 4 | none: a type |\n`CONFIG_X`"
    assert not list(faults(page, {"a", "b"}, {"CONFIG_X"}, {"a"}))
    assert len(list(faults(page, {"a", "b", "c"}, {"CONFIG_Y"}, {"a", "d"}))) == 3
    assert len(list(faults(page.replace("none: a type", "none:"), {"a"}, set(), set()))) == 3


def main():
    self_test()
    names, options, others = set(), set(), set()
    for path in sorted(LINUX.glob("*.[ch]")):
        names |= replaced(path.read_text(), False)
        others |= set(re.findall(r"\b(\w+)\(", path.read_text()))
    for path in sorted(LINUX.glob("shims/*.h")):
        names |= replaced(path.read_text(), True)
    for path in (SOURCE / "src/host/linux.c", LINUX / "build.sh"):
        options |= set(re.findall(r"-D((?:CONFIG|INIT)_\w+)", path.read_text()))
    # Written to be seen by the rows of operations.def.
    names -= {"MB_CALL", "MB_CALL_OWN"}
    options |= {name for name in names if name.startswith("CONFIG_")}
    names -= options
    found = list(faults((LINUX / "replaced.md").read_text(), names, options, {m.entry for m in table.MUTANTS if not m.steps},
                        others))
    for path in LINUX.glob("*.[ch]"):
        mutants.with_choices(path.read_text(), path.name)  # ends with status 2 and says which text is not there
    for fault in found:
        print(f"variants/linux/replaced.md: {fault}")
    print(f"{len(names)} names are replaced, {len(table.MUTANTS)} mutants; {len(found)} faults")
    return 1 if found or len(names) < 50 else 0


sys.exit(main())
