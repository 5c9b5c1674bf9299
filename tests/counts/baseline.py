# SPDX-License-Identifier: GPL-2.0-or-later
"""make baseline: the committed records of counts and of times, of one program, by one command; then all pages of them.

    baseline.py measure BUILD [--anyhow]   times first, while nothing else runs, then what is counted, then the pages
    baseline.py pages [--check]            only the pages, from the data that lies there; --check: are they those?

Records are of a program that is committed, built from what is committed: everything else is refused. They are made in
results/run-baseline-COMMIT and become the records together, when all are there; a stopped one goes on where it was. An hour or two:
times 35 minutes (ten processes, three links of the program), boots counted 10, sizes up to 100 000 regions 30.
--anyhow: on a machine that does other things, too; the page says the load.
"""
import argparse
import gzip
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import scale
import standings
import targets

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"
HERE = RESULTS / "baseline"
BEGIN, END = "<!-- baseline.py: begin -->\n", "<!-- baseline.py: end -->\n"
# Everything that gives an answer, and what the harness takes. A peer has a few operations only.
VARIANTS = ("linux", "linux:version=newest", "linux:version=6.12", "linux:version=6.1", "all", "bounded", "absl", "stdmap",
            "null", "empty")
TIMES = ("--build=kflags", "--regions=16,128,1024,8192", "--workloads=all,captured", f"--variants={','.join(VARIANTS)}",
         "--processes=10", "--budget=1500")
EVICTED = 500  # lines of a trace at most, for it to be timed without the last-level cache too: an operation is a third of a millisecond
LINKS = (1, 2)  # further orders of linking, besides the program's own
QUIET = 0.5  # load of one minute
QUIET_WAIT = 240  # seconds
CHARTS = ("overview.svg", "overview.png", "cost-by-regions-random.svg", "cost-by-regions-gaps.svg", "replay-time.svg",
          "memory-map-x86_64-6.12-full-127G-127node.svg")


def stop(text):
    sys.exit(f"baseline: {text}")


def read(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def python(*arguments):
    subprocess.run([sys.executable, "-B", *map(str, arguments)], cwd=ROOT, check=True)


def commit_of(build):
    """That the program was built of; refused if it is of anything else."""
    said = standings.version(build / "memblock-bench")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = re.match(r"commit (\w+)( and changes)?", said)
    if not found or found[2] or not head.startswith(found[1]):
        stop(f"the program is of {said}, the last commit is {head[:12]}: commit, 'make', and again")
    return found[1]


def which_cells():
    """A filter of `run`: everything, but long boots without the last-level cache."""
    short = []
    for path in sorted((ROOT / "workloads" / "captured").glob("*.trace.zst")):
        text = subprocess.run(["zstd", "-dcq", path], capture_output=True, text=True, check=True).stdout
        if sum(not line.startswith("#") for line in text.splitlines()) <= EVICTED:
            short.append(path.name.removesuffix(".trace.zst").replace(".", "\\."))
    return f"^([^/]*/(random|ascending|descending|gaps)/|replay(_cold)?/|replay_cold_llc/({'|'.join(short)})/)"


def wait_until_quiet(anyhow):
    """The load of a minute falls slowly after what was built."""
    for _ in range(0 if anyhow else QUIET_WAIT):
        if os.getloadavg()[0] <= QUIET:
            return
        time.sleep(1)
    if not anyhow:
        stop(f"the load is {os.getloadavg()[0]:.1f}: times are of a machine that does nothing else (--anyhow: of this one)")


def measure_times(build, commit, anyhow):
    """The folder of a run of this commit, with its table and charts; made unless it is there."""
    folder = RESULTS / f"run-baseline-{commit}"
    if not (folder / "table.txt").exists():
        programs = []
        for seed in LINKS:
            link = build / f"link-{seed}"
            subprocess.run(["cmake/build.sh", link, f"-DMB_LINK_SEED={seed}", "-DBUILD_TESTING=OFF", "memblock-bench"],
                           cwd=ROOT, check=True)
            programs.append(str(link / "memblock-bench"))
        wait_until_quiet(anyhow)
        folder.mkdir(exist_ok=True)
        done = subprocess.run([build / "memblock-bench", "run", *TIMES, f"--filter={which_cells()}", f"--executables={','.join(programs)}",
                               f"--out={folder / 'results.json'}"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            stop(f"the run ended with status {done.returncode}; again goes on with its blocks")
        text = done.stdout[:done.stdout.index("\nResults: ") + 1]
        (folder / "table.txt").write_text(text, encoding="utf-8")
    subprocess.run(["cmake/plots.sh", folder], cwd=ROOT, check=True, env={**os.environ, "BUILD": str(build)})
    return folder


REPEATED = ("run_name", "family_index", "per_family_instance_index", "threads", "repetitions")


def kept(row):
    """A repetition for a file that is kept for good: a time to four digits, of which two are known; nothing twice."""
    def is_time(key):
        return key in ("real_time", "cpu_time") or key.startswith("ns_")
    return {key: float(f"{value:.{4 if is_time(key) else 9}g}") if isinstance(value, float) else value
            for key, value in row.items() if key not in REPEATED}


def keep_times(run):
    data = read(run / "results.json")
    data["benchmarks"] = [kept(row) for row in data["benchmarks"]]
    with gzip.GzipFile(HERE / "results.json.gz", "wb", mtime=0) as file:
        text = json.dumps(data, separators=(",", ":")).replace(f"{run.parents[1]}/", "")
        file.write(re.sub(r'("kernel":"\S+ \d+\.\d+)[^"]*"', r'\1"', text).encode())  # whose build it is tells nothing
    shutil.copy(run / "table.txt", HERE / "table.txt")
    for name in CHARTS:
        shutil.copy(run / "charts" / name, HERE / "charts" / name)


def measure(build, anyhow):
    commit = commit_of(build)
    python("tests/sizes/sizes.py", build)
    folder = measure_times(build, commit, anyhow)
    stores, scales = folder / "stores.json", folder / "scale.json"
    program = hashlib.sha256((build / "memblock-bench").read_bytes()).hexdigest()
    if stores.exists() and read(stores)["program"] != program:
        stores.unlink()
    boots = sorted((ROOT / "workloads" / "captured").glob("*.trace.zst"))
    python("tests/counts/standings.py", "count", build / "memblock-bench", stores, *boots)
    python("tests/counts/scale.py", "count", build, scales)
    keep_times(folder)
    shutil.copy(stores, RESULTS / "standings" / stores.name)
    shutil.copy(scales, RESULTS / "scale" / scales.name)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")


# ---- pages ---------------------------------------------------------------------------------------

def widths(table):
    """Half intervals in the table, in percent."""
    return sorted(int(width) for width in re.findall(r"±(\d+)%", table))


def kernel_of(context):
    """Its version; what follows is whose build it is."""
    return re.match(r"\S+ \d+\.\d+|", context["kernel"])[0] or "kernel unknown"


def run_lines(run, table):
    """What was run, where, and how quiet it was."""
    context = run["context"]
    processes = [context[key] for key in sorted((k for k in context if k.startswith("process:")),
                                                key=lambda k: int(k.split(":")[1]))]
    width = widths(table)
    said = re.search(r"Answers verified: (\d+) of (\d+)", table)
    yield (f"{context['date'][:10]}, {context['cpu']}, {context['num_cpus']} processors, {kernel_of(context)}, "
           f"{context['compiler']}, commit {context['commit'][:12]}:")
    yield f"{said[2]} benchmarks, {said[1]} verified; {len(run['benchmarks'])} repetitions in {len(processes)} processes."
    yield (f"Half of a 95 % interval is {statistics.median(width):.0f} % in the median, "
           f"{width[len(width) * 9 // 10]} % at nine of ten.")
    yield ""
    yield "| process | link | load at its start and end | stolen |"
    yield "|---|---|---|---|"
    for number, text in enumerate(processes, 1):
        found = re.match(r"(.*?); load (\S+) to (\S+), (\S+) % of the time stolen", text)
        link, start, end, stolen = found.groups() if found else (text.split(";")[0], "unknown", "unknown", "unknown")
        yield f"| {number} | {link} | {start}, {end} | {stolen} % |"
    yield ""


def summary_lines(data, stores):
    """README's table: what each store gains and costs."""
    boots, cells, sizes = stores["boots"], stores["cells"], data.files["sizes"]["sizes"]
    kernel = targets.newest(name for name in sizes if name.startswith("linux:"))
    yield "| | boots: median | worst | time, cold | reserve: 128 / 8192 | find-free: 1024 / 8192 | code |"
    yield "|---|---|---|---|---|---|---|"
    for variant in (v for v in standings.VARIANTS if ":" not in v):
        data.store = variant
        ratios = standings.ratios(boots, variant)
        cold = targets.cold_ratios(data, "replay_cold")
        cold_time = f"{statistics.median(r[0] for r in cold.values()):.2f}" if cold else "unknown"
        reserve, find = (" / ".join(standings.number(cells[f"{of}/{n}"][variant]["instructions"]) for n in regions)
                         for of, regions in (("reserve/random", (128, 8192)), ("find_free/gaps", (1024, 8192))))
        code = sum(sizes[kernel if variant == "linux" else variant]["O2"]["range"].values()) / 1000
        yield (f"| `{variant}` | {statistics.median(ratios.values()):.2f} | {max(ratios.values()):.2f} | "
               f"{'1' if variant == 'linux' else cold_time} | {reserve} | {find} | {code:.1f} KB |")
    yield ""


def between(path, begin, end, lines):
    text = path.read_text(encoding="utf-8")
    return text[:text.index(begin)] + begin + "\n".join(lines) + text[text.index(end):]


def pages():
    """(path, its text): every page that is made of the records."""
    stores, run = read(RESULTS / "standings" / "stores.json"), read(HERE / "results.json.gz")
    given = argparse.Namespace(standings=RESULTS / "standings" / "stores.json", scale=RESULTS / "scale" / "scale.json",
                               run=HERE / "results.json.gz", sizes=RESULTS / "sizes" / "sizes.json")
    yield HERE / "README.md", between(HERE / "README.md", BEGIN, END, run_lines(run, (HERE / "table.txt").read_text()))
    yield ROOT / "README.md", between(ROOT / "README.md", BEGIN, END, summary_lines(targets.Data(given), stores))
    yield RESULTS / "standings" / "README.md", standings.page()
    yield RESULTS / "scale" / "README.md", between(RESULTS / "scale" / "README.md", scale.BEGIN, scale.END,
                                                   scale.tables(read(RESULTS / "scale" / "scale.json")))
    yield targets.PAGE, between(targets.PAGE, targets.BEGIN, targets.END, targets.page(targets.Data(given)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("measure", "pages"))
    parser.add_argument("build", nargs="?", type=Path)
    parser.add_argument("--anyhow", action="store_true")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    if given.what == "measure":
        if not given.build:
            parser.error("measure: of which BUILD?")
        measure(given.build.resolve(), given.anyhow)
        return
    stale = []
    for path, text in pages():
        if path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
            if not given.check:
                path.write_text(text, encoding="utf-8")
    if stale and given.check:
        stop(f"{', '.join(stale)}: not what the records say; python3 -B tests/counts/baseline.py pages")


if __name__ == "__main__":
    main()
