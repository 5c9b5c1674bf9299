# SPDX-License-Identifier: GPL-2.0-or-later
"""How well a log tells of a boot: a trace imported from it beside the exact trace of the same boot.

    memblock-bench capture --exact --log=boot.log -o exact.trace
    memblock-bench import boot.log -o log.trace
    compare.py log.trace exact.trace

Calls are compared with arguments and results, in order; dumps and comments are left out. Each call that
only one of them has is listed, and each that both have at different places. Status 0 if there is
no difference but the hand-over and the discard, of which no log tells.
"""
import collections
import difflib
import subprocess
import sys


def calls_of(path):
    """The operations of a trace as text, without their comments."""
    if path.endswith(".zst"):
        text = subprocess.run(["zstdcat", path], capture_output=True, check=True).stdout.decode()
    else:
        with open(path, encoding="latin-1") as file:
            text = file.read()
    _, _, body = text.partition("\n\n")
    lines = (line.split(" ;")[0] for line in body.splitlines() if line and line[0] != " ")
    return [line for line in lines if line not in ("dump", "end")]


def compare(log, exact):
    """[(sign, call)]: - only the exact trace has it, + only the log's, ~ both, in another order."""
    spare = collections.Counter(log)
    spare.subtract(collections.Counter(exact))
    missing = {call: -count for call, count in spare.items() if count < 0}
    extra = {call: count for call, count in spare.items() if count > 0}
    found = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, exact, log, False).get_opcodes():
        if tag == "equal":
            continue
        for call in exact[i1:i2]:
            found.append(("-" if missing.get(call, 0) > 0 else "~", call))
            missing[call] = missing.get(call, 0) - 1
        for call in log[j1:j2]:
            if extra.get(call, 0) > 0:
                found.append(("+", call))
            extra[call] = extra.get(call, 0) - 1
    return found


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    log, exact = ([call for call in calls_of(path) if call not in ("free_all", "discard")]
                  for path in arguments)
    found = compare(log, exact)
    for sign, call in found:
        print(sign, call)
    count = collections.Counter(sign for sign, _ in found)
    print(f"{len(exact)} calls; the log lacks {count['-']}, has {count['+']} that were not made, and "
          f"{count['~']} at another place")
    return 0 if not found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
