# SPDX-License-Identifier: GPL-2.0-or-later
"""cmake/rooms.py finds what breaks the order of the rooms, and names file and line.

A house of two rooms is built in a temporary folder, with one fault at a time. That the tree itself has none is
for `make check` to say.
"""
import os
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
"""
HOUSE = {
    "src/upper/upper.h": "int upper(void);\n",
    "src/upper/upper.c": '#include "upper/upper.h"\n#include "lower/lower.h"\nint upper(void) { return lower(); }\n',
    "src/lower/lower.h": "int lower(void);\n",
    "src/lower/lower_impl.h": "int lowest(void);\n",
    "src/lower/lower.c": '#include "lower/lower.h"\n#include "lower/lower_impl.h"\nint lower(void) { return lowest(); }\n',
    "src/lower/lowest.c": '#include "lower/lower_impl.h"\nint lowest(void) { return 1; }\n',
    "include/memblock/impl/step.h": "static int step(void) { return 1; }\n",
}
# name, file, its text with the fault, what is said
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
    ("no room", "src/other/other.c", '#include "lower/lower.h"\n',
     "src/other/other.c:1: no room of cmake/rooms.txt holds this file"),
    ("a circle of files", "src/lower/lowest.c",
     '#include "lower/lower.h"\nint lowest(void) { return lower(); }\n',
     "src/lower/lower.c:1: 2 files call each other: src/lower/lower.c calls lowest() of src/lower/lowest.c; "
     "src/lower/lowest.c calls lower() of src/lower/lower.c"),
    ("a step declared ahead", "include/memblock/impl/step.h",
     "static int later(int a,\n\t\t int b);\nstatic int step(void) { return later(1, 2); }\n",
     "include/memblock/impl/step.h:1: declared ahead: a step uses only those above it (variant_impl.h)"),
    ("a circle of rooms", "cmake/rooms.txt", TABLE + "\tuses\tsrc/upper\n",
     "cmake/rooms.txt:5: rooms use each other: src/lower, src/upper"),
    ("an old picture", "docs/rooms.svg", "<svg/>\n",
     "docs/rooms.svg:1: not drawn from this cmake/rooms.txt; python3 cmake/rooms.py picture"),
)


def build(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in files:
        if not name.endswith(".c"):
            continue
        target = root / "build" / "house.dir" / (name + ".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-g", "-O1", "-w", f"-I{root}/src", "-c", str(root / name), "-o", str(target)],
                       check=name != "src/upper/upper.c" or "gone.h" not in files[name],
                       stderr=subprocess.DEVNULL)


def ask(root, *words):
    return subprocess.run([sys.executable, "-B", str(ROOMS), "--root", str(root), *words],
                          capture_output=True, text=True, check=False)


def picture_of(text):
    """A file that bears the table's digest, as the drawn one does."""
    import hashlib
    return f"<!-- {hashlib.sha256(text.encode()).hexdigest()} --><svg/>\n"


def main():
    failures = []
    for name, file, text, said in (("no fault", None, None, ""),) + FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            files = {**HOUSE, "cmake/rooms.txt": TABLE}
            if file and file != "docs/rooms.svg":
                files[file] = text
            files["docs/rooms.svg"] = text if file == "docs/rooms.svg" else picture_of(files["cmake/rooms.txt"])
            build(root, files)
            done = ask(root, "check", str(root / "build"))
            lines = done.stderr.splitlines()
            if done.returncode != bool(file) or (said not in lines if file else lines):
                failures.append(f"{name}: status {done.returncode}, '{done.stderr}' instead of '{said}'")
    for failure in failures:
        print("rooms:", failure, file=sys.stderr)
    print(f"rooms: {len(FAULTS) + 1 - len(failures)} of {len(FAULTS) + 1} houses judged rightly")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
