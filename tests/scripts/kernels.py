# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/kernels.md: its table has every switch of struct mb_profile, in order, with the values of src/core/profile.c;
and every switch is read off a tree by variants/linux."""
import os
import re
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))


def declared():
    text = (SOURCE / "include/memblock/machine.h").read_text(encoding="utf-8")
    body = re.search(r"^struct mb_profile \{(.*?)^\};", text, re.M | re.S)[1]
    return re.findall(r"^\tbool (\w+);", body, re.M)


def profiles():
    """{name: switches that are set}"""
    text = (SOURCE / "src/core/profile.c").read_text(encoding="utf-8")
    return {match[1]: set(re.findall(r"\.(\w+) = true", match[2]))
            for match in re.finditer(r'\{\s*\.name = "([^"]+)",(.*?)\n\t\}', text, re.S)}


def documented():
    """(names of the profiles, [(switch, [set in each])]): the first table"""
    table = re.search(r"(?:^\|.*\n)+", (SOURCE / "docs/kernels.md").read_text(encoding="utf-8"), re.M)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    names = rows[0][1:-1]
    return names, [(row[0].strip("`"), [cell == "yes" for cell in row[1:-1]]) for row in rows[2:]]


def main():
    switches, known = declared(), profiles()
    names, rows = documented()
    adapter = (SOURCE / "variants/linux/adapter.c").read_text(encoding="utf-8")
    wrong = []
    if len(switches) < 10 or len(known) < 3:
        wrong.append("machine.h or profile.c cannot be read any more")
    if names != list(known):
        wrong.append(f"docs/kernels.md: the profiles are {', '.join(known)}, there {', '.join(names)}")
    if [row[0] for row in rows] != switches:
        wrong.append("docs/kernels.md: rows and switches differ: " + ", ".join(
            sorted({row[0] for row in rows} ^ set(switches)) or ["their order"]))
    for switch, values in rows:
        is_set = [switch in known.get(name, ()) for name in names]
        if switch in switches and values != is_set:
            wrong.append(f"docs/kernels.md: {switch}: profile.c has {is_set}")
    told = (SOURCE / "bench/run/kernels.c").read_text(encoding="utf-8")
    for switch in switches:
        if f"SWITCH({switch})" not in told:
            wrong.append(f"bench/run/kernels.c: {switch} is not told of a kernel that differs in it")
        if not re.search(rf"\t\.{switch} = !?MBL_", adapter):
            wrong.append(f"variants/linux/adapter.c: {switch} is not read off the tree")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
