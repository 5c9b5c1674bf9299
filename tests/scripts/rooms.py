# SPDX-License-Identifier: GPL-2.0-or-later
"""cmake/rooms.py finds what breaks the order of the rooms, and names file and line.

A house of two rooms is built in a temporary folder, with one fault at a time. That the tree itself has none is
for `make check` to say.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ["MB_SOURCE_DIR"])
ROOMS = SOURCE / "cmake" / "rooms.py"
TABLE = """room src/upper
\tholds\twhat uses
\tdoors\tupper.h
\tuses\tsrc/lower
room src/lower
\tholds\twhat is used
\tdoors\tlower.h
room variants
\tholds\tstores
room include/memblock
\tholds\tsteps
"""
HOUSE = {
    "src/upper/upper.h": "int upper(void);\n",
    "src/upper/upper.c": '#include "upper/upper.h"\n#include "lower/lower.h"\nint upper(void) { return lower(); }\n',
    "src/lower/lower.h": "int lower(void);\n",
    "src/lower/lower_impl.h": "int lowest(void);\n",
    "src/lower/lower.c": '#include "lower/lower.h"\n#include "lower/lower_impl.h"\nint lower(void) { return lowest(); }\n',
    "src/lower/lowest.c": '#include "lower/lower_impl.h"\nint lowest(void) { return 1; }\n',
    "variants/one/one.c": '#include "one.h"\nint one(void) { return 1; }\n',
    "variants/one/one.h": "int one(void);\n",
    "variants/two/two.c": "int two(void) { return 2; }\n",
    "include/memblock/impl/step.h": "static int step(void) { return 1; }\n",
}
# name, file, its text with the fault, what is said first; nothing else may be said but what follows from it
FAULTS = (
    ("a forbidden include", "src/lower/lower.c",
     '#include "lower/lower.h"\n#include "upper/upper.h"\nint lower(void) { return 1; }\n',
     "src/lower/lower.c:2: src/lower may not include 'upper/upper.h' of src/upper (cmake/rooms.txt:5)"),
    ("a forbidden call", "src/lower/lower.c",
     '#include "lower/lower.h"\nint upper(void);\nint lower(void)\n{\n\treturn upper();\n}\n',
     "src/lower/lower.c:5: src/lower may not call upper() of src/upper/upper.c (cmake/rooms.txt:5)"),
    ("a header that is no door", "src/upper/upper.c",
     '#include "upper/upper.h"\n#include "lower/lower_impl.h"\nint upper(void) { return lowest(); }\n',
     "src/upper/upper.c:2: 'lower/lower_impl.h' is not a door of src/lower (cmake/rooms.txt:5)"),
    ("no path", "src/upper/upper.c", '#include "upper.h"\nint upper(void) { return 1; }\n',
     "src/upper/upper.c:1: 'upper.h' without the path of its room: src/upper/upper.h"),
    ("a missing file", "src/upper/upper.c", '#include "upper/gone.h"\nint upper(void) { return 1; }\n',
     "src/upper/upper.c:1: 'upper/gone.h' is not there"),
    ("a way around", "src/upper/upper.c",
     '#include "upper/upper.h"\n#include "../lower/lower.h"\nint upper(void) { return lower(); }\n',
     "src/upper/upper.c:2: '../lower/lower.h' without the path of its room: src/lower/lower.h"),
    ("a shorter path", "src/upper/upper.c",
     '#include "upper/upper.h"\n#include "src/lower/lower.h"\nint upper(void) { return lower(); }\n',
     "src/upper/upper.c:2: 'src/lower/lower.h' without the path of its room: src/lower/lower.h"),
    ("a call of another variant", "variants/two/two.c", "int one(void);\nint two(void)\n{\n\treturn one();\n}\n",
     "variants/two/two.c:4: variants may not call one() of variants/one/one.c (cmake/rooms.txt:8)"),
    ("a character that looks like a string", "src/lower/lower.c",
     '#include "lower/lower.h"\n#define Q \'"\'\n#include "upper/upper.h"\nint lower(void) { return lowest(); }\n',
     "src/lower/lower.c:3: src/lower may not include 'upper/upper.h' of src/upper (cmake/rooms.txt:5)"),
    ("angle brackets", "src/lower/lower.c",
     '#include "lower/lower.h"\n#include <upper/upper.h>\nint lower(void) { return 1; }\n',
     "src/lower/lower.c:2: src/lower may not include 'upper/upper.h' of src/upper (cmake/rooms.txt:5)"),
    ("a comment before it", "src/lower/lower.c",
     '#include "lower/lower.h"\n/* a\nb */ # /**/ include /* x */ "upper/upper.h"\nint lower(void) { return 1; }\n',
     "src/lower/lower.c:3: src/lower may not include 'upper/upper.h' of src/upper (cmake/rooms.txt:5)"),
    ("behind a long macro", "src/lower/lower.c",
     '#include "lower/lower.h"\n#define M 1 + \\\n\t2\n#include \\\n"upper/upper.h"\nint lower(void) { return lowest(); }\n',
     "src/lower/lower.c:4: src/lower may not include 'upper/upper.h' of src/upper (cmake/rooms.txt:5)"),
    ("another variant", "variants/two/two.c", '#include "variants/one/one.h"\nint two(void) { return 2; }\n',
     "variants/two/two.c:1: 'variants/one/one.h': a variant may not include another's file"),
    ("a variant's missing file", "variants/two/two.c", '#include "gone.h"\nint two(void) { return 2; }\n',
     "variants/two/two.c:1: 'gone.h' is not there"),
    ("headers in a circle", "src/lower/lower_impl.h", '#pragma once\n#include "lower/more_impl.h"\n',
     "src/lower/lower_impl.h:1: headers include each other: src/lower/lower_impl.h, src/lower/more_impl.h"),
    ("a missing door", "cmake/rooms.txt", TABLE.replace("lower.h", "lower.h front.h"),
     "cmake/rooms.txt:5: the door front.h of src/lower is not there"),
    ("an arrow that nothing uses", "cmake/rooms.txt", TABLE + "\tuses\tsrc/lower\n",
     "cmake/rooms.txt:10: nothing in include/memblock uses src/lower any more"),
    ("a file that is not compiled", "src/lower/idle.c", None,
     "src/lower/idle.c:1: no object of it below BUILD: its calls were not seen"),
    ("no room", "src/other/other.c", '#include "lower/lower.h"\n',
     "src/other/other.c:1: no room of cmake/rooms.txt holds this file"),
    ("a circle of files", "src/lower/lowest.c",
     '#include "lower/lower.h"\nint lowest(void) { return lower(); }\n',
     "src/lower/lower.c:1: 2 files call each other: src/lower/lower.c calls lowest() of src/lower/lowest.c; "
     "src/lower/lowest.c calls lower() of src/lower/lower.c"),
    ("a step declared ahead", "include/memblock/impl/step.h",
     "EITHER_DIRECTION int later(int a, /* one; */\n\t\t int b);\nstatic int step(void) { return later(1, 2); }\n",
     "include/memblock/impl/step.h:1: declared ahead: a step uses only those above it (variant_impl.h)"),
    ("a circle of rooms", "cmake/rooms.txt", TABLE.replace("doors\tlower.h", "doors\tlower.h\n\tuses\tsrc/upper"),
     "cmake/rooms.txt:5: rooms use each other: src/lower, src/upper"),
    ("an old picture", "docs/rooms.svg", "<svg/>\n",
     "docs/rooms.svg:1: not drawn from this cmake/rooms.txt; python3 cmake/rooms.py picture"),
)


# What else is said then, rightly.
CIRCLE = ("rooms use each other", "files call each other")
FOLLOWS = {
    "a header that is no door": ("nothing in src/upper uses src/lower",),
    "no path": ("nothing in src/upper uses src/lower",),
    "a missing file": ("nothing in src/upper uses src/lower", "no object of it"),
    "no room": ("no object of it",),
    "a circle of rooms": ("nothing in src/lower uses src/upper",),
    "a forbidden call": CIRCLE,
}


def build(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in files:
        if not name.endswith(".c") or name.endswith(("idle.c", "other.c")):
            continue
        target = root / "build" / "house.dir" / (name + ".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-g", "-O1", "-w", f"-I{root}/src", f"-I{root}", "-c", str(root / name), "-o", str(target)],
                       check="gone.h" not in files[name],
                       stderr=subprocess.DEVNULL)


def ask(root, *words):
    return subprocess.run([sys.executable, "-B", str(ROOMS), "--root", str(root), *words],
                          capture_output=True, text=True, check=False)


def picture_of(text):
    """A file that bears the table's digest, as the drawn one does."""
    return f"<!-- {hashlib.sha256(text.encode()).hexdigest()} --><svg/>\n"


def main():
    if not shutil.which("cc") or not shutil.which("nm"):
        print("rooms: SKIPPED: no cc or nm", file=sys.stderr)
        return 77
    failures = []
    for name, file, text, said in (("no fault", None, None, ""),) + FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            files = {**HOUSE, "cmake/rooms.txt": TABLE}
            if file and file != "docs/rooms.svg":
                files[file] = text or "int idle;\n"
            if name == "headers in a circle":
                files["src/lower/more_impl.h"] = '#pragma once\n#include "lower/lower_impl.h"\nint lowest(void);\n'
            files["docs/rooms.svg"] = text if file == "docs/rooms.svg" else picture_of(files["cmake/rooms.txt"])
            build(root, files)
            done = ask(root, "check", str(root / "build"))
            lines = [line for line in done.stderr.replace(str(root / "build"), "BUILD").splitlines()
                     if not any(words in line for words in FOLLOWS.get(name, ()))]
            if done.returncode != bool(file) or lines != ([said] if file else []):
                failures.append(f"{name}: status {done.returncode}, '{done.stderr}' instead of '{said}'")
    for failure in failures:
        print("rooms:", failure, file=sys.stderr)
    print(f"rooms: {len(FAULTS) + 1 - len(failures)} of {len(FAULTS) + 1} houses judged rightly")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
