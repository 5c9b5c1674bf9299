# SPDX-License-Identifier: GPL-2.0-or-later
"""Charts: a sample run gives every chart, an incomplete one fewer, a bad one a line and status 2.

The sample is made here, with a fixed seed, in the format of `memblock-bench run` and `show`; its
context says that it is sample data, and the charts' captions repeat it. Where the executable is
built (MEMBLOCK_BENCH) and boots are at hand, real maps go through as well.

    charts.py                 the test
    charts.py --sample DIR    only write the sample run to DIR, to look at the charts
"""
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
PYTHON = os.environ.get("MB_PYTHON") or sys.executable
OPERATIONS = ["add", "remove", "reserve", "free", "find_free", "alloc", "search", "overlap", "mark",
              "set_node", "iterate", "handover"]
BOOTS = {  # regions, operations
    "x86_64-6.1-cloud-512M": (41, 70), "x86_64-6.12-cloud-4G-2node": (44, 96),
    "x86_64-6.12-cloud-ovmf-4G-q35": (60, 220), "x86_64-6.12-full-64G-8node": (72, 190),
    "x86_64-6.1-cloud-4G-memmap190": (215, 640), "x86_64-6.12-full-127G-127node": (420, 1100),
}
SHARES = {"ns_alloc": 0.55, "ns_reserve": 0.2, "ns_free": 0.05, "ns_add": 0.05, "ns_set_node": 0.12,
          "ns_other": 0.03}


def sample_rows(seed=1):
    rng = random.Random(seed)
    rows = []

    def put(name, ns, repetitions=5, **counters):
        for i in range(repetitions):
            time = ns * rng.lognormvariate(0, 0.05)
            rows.append({"name": name, "run_name": name, "run_type": "iteration",
                         "repetitions": repetitions, "repetition_index": i, "threads": 1,
                         "iterations": 1000, "real_time": time, "cpu_time": time,
                         "time_unit": "ns", **counters})
            if "ns_per_replay" in counters:
                rows[-1]["ns_per_replay"] = counters["ns_per_replay"] * time / ns

    growth = {"array": lambda n: 12 + 0.35 * n, "rbtree": lambda n: 28 + 5 * n ** 0.27,
              "list": lambda n: 9 + 0.9 * n, "null": lambda n: 1.6}
    for workload in ("random", "ascending"):
        for i, operation in enumerate(OPERATIONS if workload == "random" else OPERATIONS[2:4]):
            for variant, cost in growth.items():
                if variant == "null" and workload != "random":
                    continue
                for n in (128,) if variant == "null" else (16, 64, 256, 1024, 4096, 16384, 65536):
                    put(f"{operation}/{workload}/{variant}/regions:{n}", cost(n) * (1 + i % 3))
    for boot, (regions, operations) in BOOTS.items():
        for variant, cost in growth.items():
            for kind, factor in (("replay", 1.0), ("replay_cold", 3.1)):
                ns = cost(regions / 3) * factor
                shares = {k: v * ns * operations * rng.uniform(0.7, 1.4) for k, v in SHARES.items()}
                known = {} if variant == "null" else {"operations": operations,
                                                      "bytes_zeroed": 85 << 20}
                if kind == "replay" and variant != "null":
                    known |= shares
                put(f"{kind}/{boot}/{variant}/regions:{regions}", ns,
                    ns_per_replay=ns * operations, **known)
                if variant != "null":
                    put(f"{kind}/{boot}/{variant}+o2/regions:{regions}", ns * 0.9,
                        ns_per_replay=0.9 * ns * operations)
    return rows


def sample_results():
    return {"context": {"sample_data": "true", "command": "tests/scripts/charts.py --sample DIR",
                        "cpu": "no processor", "num_cpus": 2},
            "benchmarks": sample_rows()}


def sample_map(seed=1):
    """A boot of 4 GiB with a hole, its reservations growing downwards from the top."""
    rng = random.Random(seed)
    memory = [[0x1000, 0x9f000, 0, 0], [0x100000, 0x80000000, 0, 0], [0x80000000, 0xbffe0000, 1, 0],
              [0x100000000, 0x140000000, 1, 0]]
    reserved, frames, timeline = [(0, 0x1000), (0x1000000, 0x3c11000)], [], []
    top = 0x140000000
    for operation in range(97):
        if operation % 2:
            size = rng.choice([8, 64, 200, 4096, 1 << 16, 1 << 20])
            top -= size + rng.choice([0, 56])
            reserved.append((top, top + size))
        timeline.append({"operation": operation, "memory_bytes": 4 << 30,
                         "reserved_bytes": sum(e - b for b, e in reserved), "free_bytes": 3 << 30,
                         "memory_regions": 4, "reserved_regions": len(reserved)})
        if operation % 4 == 0 or operation == 96:
            frames.append({"operation": operation, "memory": [[hex(m[0]), hex(m[1])] for m in memory],
                           "reserved": [[hex(b), hex(e)] for b, e in sorted(reserved)], "free": []})

    def rows(ranges):
        return [[hex(r[0]), hex(r[1]), *(r[2:] or (None, 0))] for r in ranges]

    return {"file": "sample.log", "format": "dmesg", "kernel": "6.12.0 sample",
            "operations": {"total": 96}, "peaks": {"memory_regions": 4, "reserved_regions": 50},
            "growth": [{"operation": 40, "line": 7, "collection": "reserved", "slots": 256,
                        "base": "0x13f000000", "end": "0x13f003000"}],
            "end": {"memory": rows(memory), "reserved": rows(sorted(reserved)),
                    "free": rows([(0x100000, 0x1000000), (0x3c11000, 0x80000000)])},
            "timeline": timeline, "frames": frames}


def write_run(folder, results, maps):
    (folder / "maps").mkdir(parents=True, exist_ok=True)
    text = results if isinstance(results, bytes) else json.dumps(results, indent=1).encode()
    (folder / "results.json").write_bytes(text)
    for name, content in maps.items():
        (folder / "maps" / f"{name}.json").write_text(json.dumps(content))


def real_maps():
    """What the executable says about two of the captured boots."""
    bench = os.environ.get("MEMBLOCK_BENCH")
    if not bench or not os.access(bench, os.X_OK):
        return {}
    boots = sorted((SOURCE / "workloads" / "captured").glob("*.trace.zst"))[::4]
    maps = {}
    for boot in boots:
        shown = subprocess.run([bench, "show", "--format=json", boot], capture_output=True, check=True)
        maps[boot.name.removesuffix(".trace.zst")] = json.loads(shown.stdout)
    return maps


def real_run(folder):
    """A run of the executable, --quick; False where it is not built."""
    bench = os.environ.get("MEMBLOCK_BENCH")
    if not bench or not os.access(bench, os.X_OK):
        return False
    folder.mkdir()
    done = subprocess.run([bench, "run", "--quick", "--operations=reserve,replay",
                           "--workloads=random,captured", f"--out={folder / 'results.json'}"],
                          text=True, capture_output=True, check=False)
    check(done.returncode == 0, "run --quick:", done.stderr)
    return True


def check_quick(folder):
    """Every chart of times says what was run, and that it is no measurement."""
    charts = sorted(folder.glob("*.svg"))
    check(charts, "a quick run has no charts")
    for chart in charts:
        root = xml.etree.ElementTree.parse(chart).getroot()
        text = " ".join("".join(node.itertext()) for node in root.iter()
                        if node.tag.endswith("}text"))
        check("not recorded" not in text, f"{chart.name}: the command or commit is not recorded")
        check("memblock-bench run --quick --operations=reserve,replay" in text,
              f"{chart.name}: the caption has no command")
        check(text.count("quick: not a measurement") == 2,
              f"{chart.name}: not marked as quick, in the corner and the caption")


def plot(folder, *options):
    return subprocess.run([PYTHON, SOURCE / "plots" / "plots.py", folder, *options], text=True,
                          capture_output=True, check=False)


def check(condition, what, *about):
    if not condition:
        print(f"charts: {what}", *about, sep="\n", file=sys.stderr)
        sys.exit(1)


def check_charts(folder, names):
    """Exactly these charts are there, in both formats, and none is blank."""
    import matplotlib.image

    made = sorted(p.name for p in folder.glob("*.*"))
    wanted = sorted(f"{name}.{suffix}" for name in names for suffix in ("svg", "png"))
    check(made == wanted, "other charts than expected:", made, wanted)
    for name in names:
        root = xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot()
        check(root.tag == "{http://www.w3.org/2000/svg}svg", f"{name}.svg: root is {root.tag}")
        text = " ".join("".join(node.itertext()) for node in root.iter()
                        if node.tag.endswith("}text"))
        check(text.strip(), f"{name}.svg: no text")
        check(" nan" not in text.lower(), f"{name}.svg: a label says nan")
        image = matplotlib.image.imread(folder / f"{name}.png")[..., :3]
        check(min(image.shape[:2]) > 300, f"{name}.png: only {image.shape}")
        ink = (image.mean(axis=2) < 0.9).mean()
        check(ink > 0.005, f"{name}.png: blank, {ink:.4f} of it is not white")


def check_bad(folder, what, *words):
    done = plot(folder)
    check(done.returncode == 2, f"{what}: status {done.returncode}, not 2", done.stderr)
    check(len(done.stderr.splitlines()) == 1, f"{what}: not one line:", done.stderr)
    for word in words:
        check(word in done.stderr, f"{what}: the message has no '{word}':", done.stderr)
    check(not (folder / "charts").exists(), f"{what}: charts were left behind")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--sample":
        write_run(Path(sys.argv[2]), sample_results(), {"sample": sample_map(), **real_maps()})
        return
    results, a_map = sample_results(), sample_map()
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)

        maps = {"sample": a_map, **real_maps()}
        write_run(top / "full", results, maps)
        done = plot(top / "full")
        check(done.returncode == 0, "the sample run:", done.stderr)
        check(not done.stderr, "the sample run is not complete:", done.stderr)
        check_charts(top / "full" / "charts",
                     ["overview", "replay-time", "replay-shares", "cost-by-regions-random",
                      "cost-by-regions-ascending"] + [f"memory-map-{m}" for m in maps])

        if real_run(top / "quick"):
            done = plot(top / "quick")
            check(done.returncode == 0, "a quick run:", done.stderr)
            check_quick(top / "quick" / "charts")

        # One operation, one size, one repetition, one variant: small charts.
        small = copy.deepcopy(results)
        small["benchmarks"] = [r for r in small["benchmarks"] if not r["repetition_index"]
                               and r["name"] == "reserve/random/array/regions:64"]
        write_run(top / "small", small, {})
        done = plot(top / "small", "--out", top / "elsewhere")
        check(done.returncode == 0, "one row:", done.stderr)
        check("replay-time left out" in done.stderr, "one row: missing charts:", done.stderr)
        check("Traceback" not in done.stderr, "one row:", done.stderr)
        check_charts(top / "elsewhere", ["overview", "cost-by-regions-random"])

        # Replays only, warm only, no shares; a skipped benchmark; no context.
        replays = copy.deepcopy(results)
        del replays["context"]
        replays["benchmarks"] = [{k: v for k, v in r.items() if k not in SHARES}
                                 for r in replays["benchmarks"] if r["name"].startswith("replay/")]
        replays["benchmarks"].append({"name": "add/random/list/regions:16", "run_type": "iteration",
                                      "error_occurred": True, "error_message": "no"})
        write_run(top / "replays", replays, {})
        done = plot(top / "replays")
        check(done.returncode == 0, "replays only:", done.stderr)
        check_charts(top / "replays" / "charts", ["replay-time"])

        # More boots than can be named: shares of linux's time, and no names one over another.
        many, boot = copy.deepcopy(results), next(iter(BOOTS))
        text = [json.dumps(r).replace("/rbtree", "/linux") for r in many["benchmarks"]]
        many["benchmarks"] = [json.loads(line.replace(boot, f"boot-{i}")) for line in text if f"/{boot}/" in line for i in range(12)]
        many["benchmarks"] += [json.loads(line) for line in text if '"reserve/random/' in line]
        write_run(top / "many", many, {})
        done = plot(top / "many")
        check(done.returncode == 0, "many boots:", done.stderr)
        said = (top / "many" / "charts" / "overview.svg").read_text(encoding="utf-8")
        check("as a share of linux" in said and "12 boots, caches cold" in said and "boot-" not in said, "many boots are named")

        check_bad(top / "nowhere", "no such run", "nowhere")
        write_run(top / "text", b"{ \"context\": {},\n  oops", {})
        check_bad(top / "text", "no JSON", "results.json:2", "oops")
        write_run(top / "binary", b"\x7fELF\xff\xfe\x00", {})
        check_bad(top / "binary", "a binary file", "results.json", "UTF-8")
        write_run(top / "other", {"runs": []}, {})
        check_bad(top / "other", "another file", "results.json", "benchmarks")
        write_run(top / "named", {"benchmarks": [{"name": "BM_x/8", "real_time": 1}]}, {})
        check_bad(top / "named", "a foreign benchmark", "BM_x/8")
        write_run(top / "timeless", {"benchmarks": [{"name": "add/random/list/regions:16"}]}, {})
        check_bad(top / "timeless", "a row without time", "real_time")
        write_run(top / "map", results, {"sample": {"file": "x"}})
        check_bad(top / "map", "a bad map", "sample.json")
        (top / "file").write_text("")
        done = plot(top / "full", "--out", top / "file" / "charts")
        check(done.returncode == 2 and len(done.stderr.splitlines()) == 1, "unwritable:", done.stderr)


if __name__ == "__main__":
    main()
