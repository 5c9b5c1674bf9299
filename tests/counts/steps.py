# SPDX-License-Identifier: GPL-2.0-or-later
"""make steps: what each step in the kernel's own file buys (linux:with=), alone and together, and what it costs.

    steps.py count BUILD OUT.json    count boots and families, with callgrind, and code and data; goes on where it was
    steps.py time BUILD OUT.json     replay some boots with cold caches, in ten processes, into the same file; wants a quiet machine
    steps.py page [--check]          the tables of results/steps/README.md and docs/patches.md; --check: are they those of steps.json?

Counted as standings.py does: whole replays in the default build, metadata in the managed memory, gross. A boot runs on the
kernel of its profile, a family on the newest and on 6.12. A step has those that it needs with it. Beside them the recommended
store, whose gain is what the steps are held against. Half an hour and more, of one processor.
"""
import hashlib
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sizes"))
import sizes  # noqa: E402
import standings  # noqa: E402
import targets  # noqa: E402

HERE = ROOT / "results" / "steps"
RECORD, README = HERE / "steps.json", HERE / "README.md"
DOCUMENT = ROOT / "docs" / "patches.md"
BEGIN, END = "<!-- steps.py: begin -->\n", "<!-- steps.py: end -->\n"
STORE = "adaptive"
APPLY = ROOT / "variants/linux/steps/apply.sh"
CALLER = "noinit"  # a step that changes no line of mm/memblock.c: its gain is the caller's, with a store as well
FILE = "file"      # all others; where nothing calls it that is all of them
SIZE = 256        # of a family: a linear search among a thousand regions, simulated, takes too long
PROCESSES, REPETITIONS = 10, 3  # of the cold times
RELEASES = {"new": "newest", "6.12": "6.12"}
# What is called out: many ranges after a kexec, reserved ranges of a device tree, nodes, and boots like most.
SHOWN = ("x86_64-7.3-kexec-fragmented-exact", "x86_64-7.3-kexec-4M-exact", "x86_64-7.3-kexec-mixed-exact",
         "arm64-7.3-kexec-1M-exact", "x86_64-7.3-kexec-64M-huge-exact", "x86_64-7.3-cloud-4G-2node-exact",
         "arm64-6.12-dt-2G-reserved150", "x86_64-6.12-full-127G-127node", "arm64-6.12-dt-2G", "x86_64-6.12-cloud-4G-2node")


def known():
    return re.findall(r"^MB_STEP\((\w+),", (ROOT / "variants/linux/steps/steps.def").read_text(encoding="utf-8"), re.M)


def with_needed(step):
    return subprocess.run(["sh", APPLY, step], capture_output=True, text=True, check=True).stdout.split()


def workloads(bench, kind):
    listed = json.loads(subprocess.run([bench, "list", "workloads", "--format=json"], capture_output=True, text=True, check=True).stdout)
    return [row["name"] for row in listed if row["kind"] == kind]


def name_of(label):
    """linux+binary:7.3-DIGEST and linux:7.3-DIGEST as what was asked for."""
    steps = label.split(":")[0].split("+")[1:]
    return "+".join(steps) if steps and label.startswith("linux+") else "linux" if label.startswith("linux:") else label


def variants_on(workload, steps):
    """What is compared on it, and what all steps but the caller's are called."""
    whole = "+".join(step for step in steps if step != CALLER)
    with_file = [f"linux:with={whole}"] if "kexec" in workload else []
    return ["linux", *(f"linux:with={step}" for step in (*steps, "all")), *with_file, STORE], whole


def count(bench, steps, workload, profile):
    """{variant: instructions}, or why there are none."""
    variants, whole = variants_on(workload, steps)
    if profile:
        release = RELEASES[profile]
        variants = [v.replace("linux", f"linux:version={release}", 1) for v in variants[:-1]] + [STORE]
    with tempfile.TemporaryDirectory(prefix="memblock-steps.") as folder:
        out = Path(folder) / "out.json"
        done = subprocess.run([bench, "run", "--quick", "--counters=callgrind", "--processes=1", "--operations=replay",
                               f"--workloads={workload}", f"--variants={','.join(variants)}", f"--out={out}",
                               *([f"--profile={profile}"] if profile else [])],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env=standings.without_caches(folder))
        if done.returncode or not out.exists():
            return {}, (done.stderr.strip().splitlines() or ["failed"])[-1]
        rows = json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
    found = {name_of(row["name"].split("/")[2]): round(row["instructions"] * row["operations"]) for row in rows}
    if whole in found:
        found[FILE] = found.pop(whole)
    return found, "" if len(found) == len(variants) else f"only {', '.join(found)}"


def count_sizes(build, steps):
    """{release: {set of steps: {text at -O2, data that is static}}}"""
    settings, found = sizes.config(build), {}
    for source in sizes.kernels()[:2]:
        for wanted in ("", *(s for s in steps if s != CALLER), "+".join(s for s in steps if s != CALLER)):
            with tempfile.TemporaryDirectory() as folder:
                label, figures = sizes.kernel(settings, source, Path(folder), wanted)
            del os.environ["MBL_FORM"]  # its own objects are for counting, not for running
            found.setdefault(label, {})[wanted if wanted.count("+") < 3 else "all"] = {
                "O2": figures["O2"]["range"], "Os": figures["Os"]["range"], "state": figures["data"]["state"]}
    return found


def count_all(build, out):
    bench, path = Path(build) / "memblock-bench", Path(out)
    program = hashlib.sha256(bench.read_bytes() + b"".join(f.read_bytes() for f in sorted(APPLY.parent.glob("*.step")))).hexdigest()
    result = (json.loads(path.read_text(encoding="utf-8")) if path.exists() else
              {"program": program, "version": standings.version(bench), "workloads": {}, "left_out": {}})
    if result["program"] != program:
        sys.exit(f"steps: {out} is of another program ({result['version']}); name another file, or remove it")
    steps = known()
    if "sizes" not in result:
        result["sizes"] = count_sizes(build, steps)
    wanted = [(boot, None) for boot in workloads(bench, "captured") if "-6.1-" not in boot]
    wanted += [(f"{family}:size={SIZE}", profile) for profile in RELEASES for family in workloads(bench, "generated")]
    for workload, profile in wanted:
        name = f"{workload} {profile}" if profile else workload
        if name in result["workloads"] or name in result["left_out"]:
            continue
        found, why = count(bench, steps, workload, profile)
        if why:
            result["left_out"][name] = why
        else:
            result["workloads"][name] = found
        print(f"{name}: {why or 'counted'}", file=sys.stderr)
        standings.keep(path, result)
    standings.keep(path, result)


def time_cold(bench, steps, boot):
    """{variant: [share of the kernel's time, low, high]}, and of the kernel itself microseconds of the boot."""
    variants, whole = variants_on(boot, steps)
    with tempfile.TemporaryDirectory(prefix="memblock-steps.") as folder:
        out = Path(folder) / "out.json"
        subprocess.run([bench, "run", f"--processes={PROCESSES}", f"--repetitions={REPETITIONS}", "--counters=none", "--operations=replay_cold",
                        f"--workloads={boot}", f"--variants={','.join(variants)}", f"--out={out}"],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        rows = json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
    times = {}
    for row in rows:
        if row.get("run_type") == "iteration" and not row.get("error_occurred"):
            name = name_of(row["name"].split("/")[2])
            times.setdefault(FILE if name == whole else name, {}).setdefault(row["process"], []).append(
                row["real_time"] * row["operations"] / 1000)
    middle = {name: {p: statistics.median(us) for p, us in of.items()} for name, of in times.items()}
    if len(middle) != len(variants) or any(len(of) != PROCESSES for of in middle.values()):
        sys.exit(f"steps: {boot}: not all variants were timed in {PROCESSES} processes: {({name: len(of) for name, of in middle.items()})}")
    kernel = middle.pop("linux")
    found = {name: [round(value, 4) for value in targets.interval([of[p] / kernel[p] for p in sorted(of.keys() & kernel.keys())])]
             for name, of in middle.items()}
    return {"linux": round(statistics.median(kernel.values()), 2), **found}


def time_all(build, out):
    """Of whatever program there is: the page says which, beside the counts'."""
    bench, path = Path(build) / "memblock-bench", Path(out)
    result = json.loads(path.read_text(encoding="utf-8"))
    version = standings.version(bench)
    if result.get("cold", {}).get("version") != version:
        result["cold"] = {"version": version, "processes": PROCESSES, "boots": {}}
    for boot in SHOWN:
        if boot not in result["cold"]["boots"]:
            result["cold"]["boots"][boot] = time_cold(bench, known(), boot)
            print(f"{boot}: timed", file=sys.stderr)
            standings.keep(path, result)


# ---- the page ------------------------------------------------------------------------------------

def change(before, after):
    return f"{100 * (after / before - 1):+.1f}"


def mean(shares):
    return math.exp(sum(map(math.log, shares)) / len(shares))


def group_rows(groups, names):
    """Of each group of workloads, the mean change of each set of steps and the worst."""
    yield "| change, % (geometric mean; least gain) | " + " | ".join(names) + " |"
    yield "|---|" + "---|" * len(names)
    for title, rows in groups.items():
        cells = []
        for name in names:
            shares = [row[name] / row["linux"] for row in rows]
            cells.append(f"{change(1, mean(shares))}; {change(1, max(shares))}")
        yield f"| {title} ({len(rows)}) | " + " | ".join(cells) + " |"


def share_of_gain(rows):
    """Of what the store saves with the same caller, in sums and as the median of workloads where it saves anything."""
    saved = [(row["linux"] - row[FILE], row["linux"] - row[STORE]) for row in rows]
    each = [a / b for a, b in saved if b > 0]
    return sum(a for a, _ in saved) / sum(b for _, b in saved), statistics.median(each), sum(a >= b for a, b in saved)


def groups_of(found):
    """{title: rows}"""
    boots = {name: row for name, row in found.items() if " " not in name}
    groups = {"boots of 7.3 but handovers": [row for n, row in boots.items() if "-6.12-" not in n and "kexec" not in n],
              "handovers by kexec, 7.3": [row for n, row in boots.items() if "kexec" in n],
              "boots of 6.12": [row for n, row in boots.items() if "-6.12-" in n],
              "families, newest": [row for n, row in found.items() if n.endswith(" new")],
              "families, 6.12": [row for n, row in found.items() if n.endswith(" 6.12")]}
    return {title: rows for title, rows in groups.items() if rows}


def gains(groups):
    yield "| steps but `noinit` | of the instructions that the store saves | median of workloads | as much or more |"
    yield "|---|---|---|---|"
    for title, rows in groups.items():
        total, middle, more = share_of_gain(rows)
        yield f"| {title} | {100 * total:.0f} % | {100 * middle:.0f} % | {more} of {len(rows)} |"


def read():
    result = json.loads(RECORD.read_text(encoding="utf-8"))
    for row in result["workloads"].values():
        row.setdefault(FILE, row["all"])
    return result


def cold_rows(result, interval):
    """Of some boots, the change in time with cold caches, perhaps with its 95 % interval over processes."""
    if "cold" not in result:
        yield "Not measured: `steps.py time`."
        return
    names = [*known(), FILE, "all", STORE]
    yield "| cold time, us; change, % (~: its interval holds 0) | linux | " + " | ".join(names) + " |"
    yield "|---|---|" + "---|" * len(names)
    for boot, row in result["cold"]["boots"].items():
        cells = []
        for name in names:
            value, low, high = row["all" if name == FILE and FILE not in row else name]
            text = change(1, value) + ("~" if low <= 1 <= high else "")
            cells.append(f"{text} ({change(1, low)} to {change(1, high)})" if interval else text)
        yield f"| {boot} | {row['linux']:.1f} | " + " | ".join(cells) + " |"


def short():
    """For docs/patches.md."""
    result = read()
    groups = groups_of(result["workloads"])
    yield from group_rows(groups, [*known(), FILE, "all", STORE])
    yield ""
    yield from gains(groups)
    yield ""
    yield from cold_rows(result, False)


def tables():
    result = read()
    found = result["workloads"]
    steps = known()
    names = [*steps, FILE, "all", STORE]
    boots, groups = [name for name in found if " " not in name], groups_of(found)
    boots = {name: found[name] for name in boots}
    yield f"{result['version']}; {len(boots)} boots, {len(found) - len(boots)} runs of families; left out: {len(result['left_out'])}."
    yield ""
    yield "### Each step with those that it needs, and all of them"
    yield ""
    yield from group_rows(groups, names)
    yield ""
    yield "| needs | " + " | ".join(", ".join(with_needed(s)[:-1]) or "-" if s in steps else "" for s in names) + " |"
    yield "|---|" + "---|" * len(names)
    yield ""
    yield "### Boots"
    yield ""
    yield "| instructions; change, % | linux | " + " | ".join(names) + " |"
    yield "|---|---|" + "---|" * len(names)
    for boot in [b for b in SHOWN if b in boots] + sorted(b for b in boots if b not in SHOWN):
        row = boots[boot]
        yield f"| {boot} | {row['linux']} | " + " | ".join(change(row["linux"], row[n]) for n in names) + " |"
    yield ""
    yield "### Families"
    yield ""
    yield "| instructions; change, % | linux | " + " | ".join(names) + " |"
    yield "|---|---|" + "---|" * len(names)
    for name, row in sorted(found.items()):
        if " " in name:
            yield f"| {name.removeprefix('gen:').replace(f':size={SIZE}', '').replace(' new', ', newest').replace(' 6.12', ', 6.12')} | {row['linux']} | " + \
                " | ".join(change(row["linux"], row[n]) for n in names) + " |"
    yield ""
    cold = result.get("cold", {"processes": PROCESSES, "version": "-"})
    yield f"### Cold time: median of {cold['processes']} processes, and where it lies in 95 % of draws of them; {cold['version']}"
    yield ""
    yield from cold_rows(result, True)
    yield ""
    yield f"### Against the store (`{STORE}`)"
    yield ""
    yield from gains(groups)
    yield ""
    yield "### Code and data"
    yield ""
    yield "| range code, bytes; static data that is not slots | text -O2, init | memblock | kept | all | -Os, all | data |"
    yield "|---|---|---|---|---|---|---|"
    for label, of in result["sizes"].items():
        plain = of[""]
        for name, size in of.items():
            whole, small = sum(size["O2"].values()), sum(size["Os"].values())
            more = "" if not name else f" ({whole - sum(plain['O2'].values()):+d})"
            yield (f"| {label}{' with ' + name if name else ''} | {size['O2']['init']} | {size['O2']['memblock']} | {size['O2']['kept']} | "
                   f"{whole}{more} | {small} | {size['state']} |")
    yield ""
    for name, why in sorted(result["left_out"].items()):
        yield f"Left out: {name}: {why}"


def pages():
    """[(path, what it should be)]"""
    for path, lines in ((README, tables()), (DOCUMENT, short())):
        text = path.read_text(encoding="utf-8")
        yield path, text[:text.index(BEGIN)] + BEGIN + "\n".join(lines) + "\n" + END + text[text.index(END) + len(END):]


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "count":
        count_all(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 4 and sys.argv[1] == "time":
        time_all(sys.argv[2], sys.argv[3])
    elif sys.argv[1:] == ["page"]:
        for file, made in list(pages()):
            file.write_text(made, encoding="utf-8")
    elif sys.argv[1:] == ["page", "--check"]:
        stale = [str(file.relative_to(ROOT)) for file, made in pages() if file.read_text(encoding="utf-8") != made]
        sys.exit(f"steps: {', '.join(stale)}: not what steps.json says" if stale else 0)
    else:
        sys.exit(__doc__)
