# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/api.md: every identifier of the API, where kernels differ, and the tests that use it.

    apitable.py [--write] [DIR]     the source tree DIR (default: the one this file is in)

Without --write the page goes to standard output. It is made of docs/api.txt (the identifiers), of
include/memblock/operations.def (those of calls that a variant may answer whole), of the public headers
(nothing may be missing there) and the tests, which are searched for uses of each name,
the kernel's and ours: C tests for the names themselves, worked cases for the words that stand for them (tests/unit/script_calls.c and
script_checks.c say which word calls what), with the numbers of the rows. tests/scripts/api.py fails when
docs/api.md is not what this prints, when a header has an identifier that the table lacks, and when an
identifier has no test.
"""
import re
import sys
from pathlib import Path

CALLS = "include/memblock/operations.def"
HEADERS = ("include/memblock/memblock.h", "include/memblock/machine.h", "include/memblock/kernel.h")
LANGUAGE = ("tests/unit/script_calls.c", "tests/unit/script_checks.c")


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


# ---- identifiers --------------------------------------------------------------------------------

def read_calls(text):
    """Name of a row MB_CALL of operations.def -> what a line of docs/api.txt is: (kernel's, [ours], differences)."""
    return {row[1]: (row[2], ["mb_" + row[1]], "".join(re.findall(r'"([^"]*)"', row[3])))
            for row in re.finditer(r'^MB_CALL\w*\((\w+), ([\w=]+),[^"]*((?:"[^"]*"\s*)+)\)$', text, re.M)}


def read_table(text, calls):
    """[(heading, [(kernel identifier or None, [ours], differences)])], and the names that are no API."""
    sections, others = [], set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("=="):
            sections.append((line[2:].strip(), []))
        elif line.startswith("!"):
            others.update(line[1:].split())
        elif line.startswith("@"):
            for name in line[1:].split():
                if name not in calls or not sections:
                    raise ValueError(f"docs/api.txt:{number}: no row of {CALLS}: '{name}'")
                sections[-1][1].append(calls[name])
        else:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != 3 or not sections:
                raise ValueError(f"docs/api.txt:{number}: not 'kernel | ours | differences': '{line}'")
            kernel = None if cells[0] == "-" else cells[0]
            ours = cells[1].split()
            if ours == ["="]:
                ours = ["mb_" + kernel.removeprefix("memblock_")]
            sections[-1][1].append((kernel, [] if ours == ["-"] else ours, cells[2]))
    return sections, others


def table(tree):
    """What read_table() says of a source tree."""
    return read_table((tree / "docs/api.txt").read_text(), read_calls((tree / CALLS).read_text()))


def name_of(kernel):
    """`struct memblock_type` is known as memblock_type, reserve_mem= as reserve_mem."""
    return re.sub(r"^(struct|enum) |=$", "", kernel)


def header_names(text):
    """What a header declares at its top level: functions, macros, types, enumerators, variables."""
    names = set()
    text = without_comments(text).replace("\\\n", " ")
    for line in text.splitlines():
        match = re.match(r"\s*#\s*define\s+(\w+)", line)
        if match:
            names.add(match[1])
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    text = re.sub(r'extern "C" \{', "", text)
    for match in re.finditer(r"\benum (\w+) \{([^}]*)\}", text):
        names.add(match[1])
        names.update(re.findall(r"\b([A-Z]\w+)\b(?=\s*(?:=[^,]*)?(?:,|$))", match[2].strip()))
    while re.search(r"\{[^{}]*\}", text):  # bodies, innermost first
        for match in re.finditer(r"\bstruct (\w+) (?=\{[^{}]*\}\s*;)", text):
            names.add(match[1])
        text = re.sub(r"\{[^{}]*\}", "@", text)
    for statement in re.split(r"[;@]", re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text)):
        statement = statement.strip()
        if statement.startswith("extern"):
            names.update(re.findall(r"(\w+)\s*(?:,|$)", statement))
        elif "(" in statement and "typedef" not in statement:
            names.update(re.findall(r"(\w+)\s*\(", statement.split(")")[0])[:1])
    return {name for name in names if not name.startswith("MEMBLOCK_CONFIG_")}


def functions(text):
    """Those that a header declares and does not define."""
    text = re.sub(r"^\s*#.*$", "", without_comments(text).replace("\\\n", " "), flags=re.M)
    text = re.sub(r'extern "C" \{', "", text)
    while re.search(r"\{[^{}]*\}", text):
        text = re.sub(r"\{[^{}]*\}", "@", text)
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text, flags=re.S)
    found = set()
    for statement in re.findall(r"[^;@]*;", text):
        match = re.match(r"[^(]*?(\w+)\s*\(", statement.strip())
        if match and "typedef" not in statement:
            found.add(match[1])
    return found


# Guards, types and configuration of the headers: not functions of memblock.
NO_API = re.compile(r"MEMBLOCK_\w+_H$|CONFIG_|SMP_CACHE_BYTES$|INIT_\w+_REGIONS$|(u64|phys_addr_t|pg_data_t"
                    r"|zone|pglist_data|memblock_config|MEMBLOCK_ITER_\w+|memblock_pfn_(up|down)"
                    r"|movable_node_enabled|slab_is_available|asm)$")


def missing(tree):
    """Identifiers of the headers that docs/api.txt lacks."""
    sections, others = table(tree)
    known = set(others)
    for _, rows in sections:
        for kernel, ours, _ in rows:
            known.update(ours)
            if kernel:
                known.add(name_of(kernel))
    found = set()
    for header in HEADERS:
        found |= header_names((tree / header).read_text())
    return sorted(name for name in found - known if not NO_API.match(name))


# ---- uses in tests ------------------------------------------------------------------------------

# Words whose meaning is not next to them there. `:` marks lists, `@` ranges with a node or flags.
WORDS = {
    "add": ["mb_add"],
    "add@": ["mb_add_node"],
    "rsv": ["mb_reserve"],
    "rsv@": ["mb_reserve_node"],
    "node": ["mb_set_node"],
    "up": ["mb_set_bottom_up", "mb_bottom_up"],
    "fill": ["mb_add", "mb_reserve"],
    "or_panic": ["mb_alloc_or_panic", "mb_alloc_or_panic_as"],
    "total": ["mb_total_size", "mb_phys_mem_size", "mb_reserved_size"],
    "cnt": ["mb_cnt"],
    "cap_slots": ["mb_max"],
    "M:": ["mb_iter_regions"],
    "R:": ["mb_iter_regions"],
    "P:": ["mb_iter_regions"],
    "pfn:": ["mb_next_pfn_range"],
    "zone:": ["mb_next_free_pfn_in_zone"],
    "sink:": ["mb_set_page_sink", "mb_page_sink"],
    "flags_at": ["mb_search"] + ["mb_is_" + what for what in (
        "hotpluggable", "mirror", "nomap", "driver_managed", "reserved_noinit", "kho_scratch")],
    "node_at": ["mb_search", "mb_get_region_node"],
    "grew": ["mb_growth"],
}
TEXTS = ("log", "err", "warning", "info", "named", "found", "release")


def language(tree):
    """Word of a worked case -> the functions that it calls."""
    words = {}
    hit = re.compile(r'strcmp\(w\[0\], "(\w+)"\)|IS\("(\w+)"\)')
    for path in LANGUAGE:
        text = without_comments((tree / path).read_text())
        if path == LANGUAGE[0]:
            for word, function in re.findall(r'\{ "(\w+)", (mb_\w+) \}', text):
                words[word] = {function}
        for function in text.split("\n}\n"):
            lists = ":" if re.search(r"^(static )?\w+ (list_|script_list)", function, re.M) else ""
            hits = list(hit.finditer(function))
            for this, after in zip(hits, hits[1:] + [None]):
                chunk = function[this.end():after.start() if after else None]
                word = next(filter(None, this.groups())) + lists
                words.setdefault(word, set()).update(re.findall(r"\b(mb_\w+)\(", chunk))
    words.update({word: set(functions) for word, functions in WORDS.items()})
    return words


def statement_key(statement):
    words = statement.split()
    if not words:
        return ""
    if words[0] in ("add", "rsv"):
        return words[0] + ("@" if re.search("[@/]", words[1]) else "")
    if words[0].rstrip(":") not in TEXTS and ":" in statement.split("=>")[0]:
        return words[0].rstrip(":") + ":"
    return words[0]


def cases(text):
    """(row, keys of its statements) of each worked case in a C file."""
    text = without_comments(text[text.find("script_case cases[]"):])
    for match in re.finditer(r'\{ (\d+), "\w+",[^"{}]*((?:"(?:\\.|[^"\\])*"|[\sA-Z])+)\}', text):
        code = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match[2])).replace("\\n", "\n")
        yield int(match[1]), {statement_key(re.sub(r"^(\s*[\w.]{1,7}\|)*\s*", "", statement))
                              for statement in re.split(r"[;\n]", code)}


def reached(start, follow):
    """What @start leads to, itself included: follow(x) is what x names."""
    known, new = set(), {start}
    while new:
        known |= new
        new = {name for this in new for name in follow(this)} - known
    return known


def units(tree):
    """Of tests/unit: stem -> the programs that it is part of, itself or those that include its header, perhaps
    by way of others; and the names of the files in which the kernel's names are the kernel's."""
    text = {path.name: path.read_text() for path in (tree / "tests/unit").glob("*.[ch]")}
    headers = {name: re.findall(r'#include "(\w+\.h)"', code) for name, code in text.items()}

    def of_file(name):
        return headers.get(name, [])

    def of_stem(stem):
        return [header[:-2] for name in (stem + ".c", stem + ".h") for header in of_file(name)]

    programs = {}
    for program in (name[:-2] for name in text if name.startswith("test_")):
        for stem in reached(program, of_stem):
            programs.setdefault(stem, set()).add(program)
    kernel = {name for name in text
              if any("<memblock/kernel.h>" in text.get(header, "") for header in reached(name, of_file))}
    return programs, kernel


def uses(tree):
    """Identifier -> {test: rows}, rows being a set of numbers (0: others)."""
    words = language(tree)
    found = {}
    programs, kernel = units(tree)
    for path in sorted(tree.glob("tests/unit/*.[ch]")) + sorted(tree.glob("tests/conformance/*.[ch]")):
        text = path.read_text()
        every = path.name.startswith(("script", "harness"))
        tests = {"every case"} if every else programs.get(path.stem) or {path.parent.name}
        code = without_comments(text)
        names = set(re.findall(r"\b[A-Za-z_]\w+\b", re.sub(r'"(?:\\.|[^"\\])*"', '""', code)))
        if path.name not in kernel and "<memblock/kernel.h>" not in code:
            # the kernel's names are something else there
            names = {name for name in names if name.startswith(("mb_", "MB_"))}
        if every:
            names -= {function for functions in words.values() for function in functions}
        for test in tests:
            for name in names:
                found.setdefault(name, {}).setdefault(test, set()).add(0)
        for row, keys in cases(text):
            for function in {function for key in keys for function in words.get(key, ())}:
                for test in tests:
                    found.setdefault(function, {}).setdefault(test, set()).add(row)
    return found


def row_numbers(tree):
    """Row -> the programs that have a case of it."""
    rows = {}
    for path in sorted((tree / "tests/unit").glob("test_*.c")):
        for row, _ in cases(path.read_text()):
            rows.setdefault(row, set()).add(path.stem)
    return rows


# ---- the page -----------------------------------------------------------------------------------

def spans(numbers):
    """1, 2, 3, 7 as `1-3, 7`."""
    text, numbers = [], sorted(numbers)
    while numbers:
        end = 1
        while end < len(numbers) and numbers[end] == numbers[0] + end:
            end += 1
        text.append(str(numbers[0]) if end == 1 else f"{numbers[0]}-{numbers[end - 1]}")
        numbers = numbers[end:]
    return ", ".join(text)


def tests_text(names, found):
    tests = {}
    for name in names:
        for test, rows in found.get(name, {}).items():
            tests.setdefault(test, set()).update(rows)
    if len(tests) > 1:
        tests.pop("every case", None)
    text = []
    for test, rows in sorted(tests.items()):
        test = test.removeprefix("test_")
        numbered = rows - {0}
        text.append(f"{test} ({spans(numbered)})" if numbered else test)
    return ", ".join(text)


def needing_a_test(kernel, ours):
    """The names of a row; `reserve_mem=` is no name of C, a function of ours stands for it."""
    return ours + ([name_of(kernel)] if kernel and not kernel.endswith("=") else [])


INTRODUCTION = """<!-- Generated by docs/apitable.py from docs/api.txt, operations.def, the headers and the tests. Do not edit. -->
# API

Every identifier of the kernel's memblock, ours for it, where kernels differ, and what tests it.

The kernel's names are in `memblock/kernel.h`, on one global instance; ours are in `memblock/memblock.h`
and take an instance. A function behaves in each profile as that kernel's does; where the third column
names profiles first, only those kernels have it, and here it works in every profile.

A test `x` is the program `tests/unit/test_x.c`, and each name of a row has one: what ours does, the worked cases
show; that the kernel's name leads there with all its arguments, `kernel_calls`, `kernel_alloc`, `kernel_iterators`,
`kernel` and `identifiers`; that a variant which answers a call whole is asked for it, `calls`. In parentheses are
the numbers of the table of worked cases (1 to 90) that go through the function. A case runs on every store, in every
build, profile and metadata mode, unless it limits itself: `ON_61`, `ON_612` and `ON_NEW` to profiles, as kernels
differ; `ON_ARRAY_SELF` to the array with its metadata in the managed memory, which alone grows as the kernel's does.
Where the kernel's own file can be had (variant `linux`) the cases run on it, too, in its profiles, 6.1,
6.12 and, where there is a source of it, new. What is expected otherwise of it, and why, stands at the end of
the head comment of `tests/unit/script.h`; the cases marked `NOT_LINUX` and statements marked `ours|` are not run
there.
"""


def page(tree):
    sections, _ = table(tree)
    found = uses(tree)
    lines, untested = [INTRODUCTION], []
    for heading, rows in sections:
        lines.append(f"\n## {heading}\n")
        lines.append("| Kernel | Here | Profiles, remarks | Tests |\n|---|---|---|---|")
        for kernel, ours, differences in rows:
            tests = tests_text(ours + ([name_of(kernel)] if kernel else []), found)
            # Each name by itself: that ours works does not show that the kernel's name leads there.
            untested += [name for name in needing_a_test(kernel, ours)
                         if not found.get(name)]
            here = ", ".join(f"`{name}`" for name in ours) or "kernel.h"
            lines.append(f"| {f'`{kernel}`' if kernel else ''} | {here} | {differences} | {tests or '**none**'} |")
    return "\n".join(lines) + "\n", untested


def main(arguments):
    write = "--write" in arguments
    rest = [a for a in arguments if a != "--write"]
    tree = Path(rest[0]) if rest else Path(__file__).resolve().parent.parent
    text, untested = page(tree)
    for name in missing(tree):
        print(f"docs/api.txt: the headers have '{name}', the table has not; add a line", file=sys.stderr)
    for name in untested:
        print(f"docs/api.txt: no test uses '{name}'; write one", file=sys.stderr)
    if write:
        (tree / "docs/api.md").write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
