# SPDX-License-Identifier: GPL-2.0-or-later
"""The groups of same_answers.py: what is asked. A function for each, which is given the comparison."""
import hashlib
import json
import random
import re
import shutil
from pathlib import Path

from sides import Case, unpacked

BOOT = "workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst"  # a small one
PROFILES = "6.1", "6.12", "new"
BIG = 400_000  # bytes of a log that --quick leaves out


# ---- the commands, from their own help -----------------------------------------------------------

def commands(to):
    return re.findall(r"(?m)^  ([a-z]+) +\S", to.ask("--help"))


def options_of(to, command):
    """(name, has a value) of each option in a command's --help."""
    found = re.findall(r"(?m)^  (-o|--[a-z][a-z-]*)(=| [A-Z])?", to.ask(command, "--help"))
    return [(name, bool(value)) for name, value in found]


def captured_boots(to):
    """The boots of both trees, relative to them; logs that were kept beside a trace are boots as well."""
    return sorted({str(path.relative_to(side.tree)) for side in to.sides
                   for path in (side.tree / "workloads" / "captured").glob("*.zst")})


def families(to):
    return json.loads(to.ask("gen", "--list", "--format=json"))


# ---- groups --------------------------------------------------------------------------------------

def compare_linux(to):
    if not any(to.kernels().values()):
        return

    def unpacked(side):
        cache = side.scratch / "cache" / "memblock-bench"
        return {str(path.relative_to(cache)): hashlib.sha256(path.read_bytes()).hexdigest()
                for package in cache.glob("source-*") for path in package.rglob("*") if path.is_file()}
    to.same("what is taken out of linux-source", *to.both(unpacked))


def compare_data(to):
    def contents(side):
        return {str(path.relative_to(side.tree)):
                side.masked(unpacked(path.read_bytes()).decode("latin-1"), "")
                for folder in ("captured", "synthetic")
                for path in sorted((side.tree / "workloads" / folder).iterdir())
                if path.suffix in (".json", ".zst")}
    before, after = to.both(contents)
    for name in sorted(before.keys() | after.keys()):
        to.same(name, {name: before[name]} if name in before else {},
                {name: after[name]} if name in after else {})


def compare_help(to):
    for arguments in ((), ("--help",), ("-h",), ("help",), ("--version",), ("help", "nothing")):
        to.check(Case(*arguments))
    for command in commands(to):
        for arguments in ((command, "--help"), (command, "-h"), ("help", command)):
            to.check(Case(*arguments))


def compare_lists(to):
    to.kernels()
    for what in ("variants", "workloads", "operations", "counters"):
        for form in ((), ("--format=text",), ("--format=json",)):
            to.check(Case("list", what, *form))
    for form in ((), ("--format=json",)):
        to.check(Case("gen", "--list", *form))
        for family in families(to):
            to.check(Case("gen", "--list", family["name"], *form))


# What a command takes besides, so that the one thing that is wrong is the one that is reported, and that
# what happens to be right is done at once.
TINY = {
    "list": ["list", "variants"],
    "run": ["run", "--quick", "--operations=reserve", "--workloads=random", "--regions=16",
            "--variants=array"],
    "replay": ["replay", "{boot}", "--rounds=0"],
    "import": ["import", "{boot}", "-o", "x.trace"],
    "show": ["show", "{boot}"],
    "gen": ["gen", "churn", "size=16", "-o", "x.trace"],
    "minimise": ["minimise", "{boot}", "-o", "x.trace", "--hot-spot=80"],
    "verify": ["verify", "--operations=50", "--variants=array,list"],
    "capture": ["capture", "--kernel={image}", "-o", "x.log"],
}
VALUES = "", "x", "-1", "0", "1.5", "99999999999999999999999", ",", "array,", "a b", "nowhere/x", "."
ENDLESS = (["verify"], ["run"], ["verify", "--operations=50", "--variants=array,list", "--operations=0"])
BAD_VARIANTS = ("btree", "array,btree", "", "array,", "array:depth=2", "array:growth=0.5",
                "array:search=hash", "array:init=3", "array:init", "array:init=", "array:growth=17",
                "list:search=linear",
                "rbtree:merge=full", "linux:src=", "linux:src=/nowhere", "linux:version=9", "all:init=8",
                "null:x=1", "array:init=8:init=9")
BAD_NAMES = ("", "nosuchboot", "gen:", "gen:nothing", "gen:churn:x=1", "gen:churn:size=15", "gen:churn:size",
             "missing/x.log", "/")
BAD_RUNS = ("--operations=sorting", "--workloads=nosuchboot", "--workloads=gen:nothing", "--regions=0",
            "--filter=(", "--filter=^nothing-is-called-so$", "--counters=perf:nosuch", "--counters=perf:",
            "--counters=all", "--out=/dev/full", "--out=/nonexistent/x", "--repetitions=0", "--seed=-1",
            "--executables=/nowhere", "--regions=16,", "--operations=")
BAD_CAPTURES = (["--arch=vax"], ["--kernel=nowhere"], ["--memory=much"], ["--numa=0"], ["--numa=1G,1G"],
                ["--arch=arm64", "--firmware=ovmf"], ["--exact"], ["--exact", "-o", "x.trace"],
                ["--arch=i386", "--exact", "-o", "x.trace"], ["-o", "nowhere/x.log"], ["--log=nowhere/x.log"],
                ["--counts"], ["--counts", "-o", "x.json"], ["--arch=s390x", "--counts", "-o", "x.json"],
                ["--counts", "--exact", "-o", "x.json"], ["--holes=190"], ["--hotplug=9"], ["--json"],
                ["--arch=ppc64le"], ["--arch=s390x"], ["--firmware=aavmf"], ["--initrd=nowhere"])


def tiny(to, command):
    words = {"boot": to.inputs / "boot.trace.zst", "image": to.inputs / "image"}
    return [word.format(**words) for word in TINY[command]]


def usage_case(to, *arguments):
    """An error, most likely; if not, a command of a moment."""
    if list(arguments) in ENDLESS:
        return None
    capture = arguments[:1] == ("capture",)
    kind = {"run": "run", "replay": "timed"}.get(arguments[0], "") if arguments else ""
    return to.check(Case(*arguments, writes=True, kind=kind, limit=20, no_programs=capture))


def bad_files(to):
    """Files that cannot be replayed."""
    boot = (to.before.tree / BOOT).read_bytes()
    noise = random.Random(1).randbytes(5000)
    folder = to.inputs / "folder.log"
    folder.mkdir()
    return [to.input("empty.log", b""), to.input("binary.log", noise), to.input("cut.trace.zst", boot[:300]),
            to.input("damaged.trace.zst", boot[:1000] + b"X" * 16 + boot[1016:]),
            to.input("plain.log", "Linux version 6.12.0 (gcc)\n[    0.000000] Booting\nnothing\n"),
            to.input("zeros.log", bytes(100)), to.input("line.log", "memblock_add: [0x1000-0x1fff]"),
            to.input("tree.dtb", b"\xd0\r\xfe\xed" + noise[:200]), folder]


def compare_options(to, command):
    """Each option of the command with each bad value, once more without one, and twice."""
    base = tiny(to, command)
    for name, has_value in options_of(to, command):
        if not has_value:
            usage_case(to, *base, f"{name}=yes")
            continue
        usage_case(to, *base, name)
        for value in VALUES[:4] if to.quick else VALUES:
            usage_case(to, *base, *((name, value) if name == "-o" else (f"{name}={value}",)))
        usage_case(to, *base, f"{name}=x", f"{name}=x")
    for extra in ("--colour", "--formatt=json", "-x", "-", "--", "extra"):
        usage_case(to, *base, extra)
    usage_case(to, command)
    usage_case(to, command, "--format=xml")


def compare_usage(to):
    to.input("boot.trace.zst", (to.before.tree / BOOT).read_bytes())
    to.input("image", "kernel\n")
    for arguments in (["bnech"], ["--colour"], ["help", "nothing"], ["help", "run", "replay"], [""]):
        usage_case(to, *arguments)
    for command in commands(to):
        if command not in TINY:
            to.skip(f"usage of {command}: not known here; add it to TINY")
        elif command != "capture":
            compare_options(to, command)
    for variants in BAD_VARIANTS:
        for command in ("replay", "run", "verify", "minimise"):
            usage_case(to, *tiny(to, command), f"--variants={variants}")
    for bad in BAD_RUNS:
        usage_case(to, *tiny(to, "run"), bad)
    files = bad_files(to)
    for bad in [*files, *BAD_NAMES]:
        for command in (["replay", "--rounds=0"], ["show"], ["import", "-o", "x.trace"],
                        ["minimise", "-o", "x.trace"]):
            usage_case(to, *command, bad)
    for bad in [*files[:4], *BAD_NAMES]:
        usage_case(to, "run", "--quick", "--operations=replay", "--workloads", bad)
    boot = to.inputs / "boot.trace.zst"
    for target in ("nowhere/x.trace", ".", "/dev/full"):
        usage_case(to, "import", boot, "-o", target)
        usage_case(to, "gen", "churn", "size=16", "-o", target)
    for arguments in (["show", boot, boot], ["import", boot, boot, "-o", "x"], ["list", "everything"],
                      ["verify", "x"], ["gen", "chrun", "-o", "x"], ["replay", boot, "nosuchboot"],
                      ["import", boot, "-o", "-", "--format=json"], ["replay"], ["minimise", boot]):
        usage_case(to, *arguments)
    for pair in ("siez=3", "size=15", "size=1000001", "seed=-1", "size=", "size=1k", "size", "profile=7.0",
                 "=1", "steps=x", "size=16=17"):
        usage_case(to, "gen", "churn", pair, "-o", "x.trace")


def compare_capture(to):
    if not (to.inputs / "image").exists():
        to.input("image", "kernel\n")
        to.input("boot.trace.zst", (to.before.tree / BOOT).read_bytes())
    compare_options(to, "capture")
    for bad in BAD_CAPTURES:
        usage_case(to, *tiny(to, "capture"), *bad)
    for arguments in (["-o"], ["-o="], ["boot.log"], ["--reserved", "x", "-o", "x.log"], ["-o", "x.log"],
                      ["--release=6.1", "-o", "x.log"], ["--package=x", "-o", "x.log"]):
        usage_case(to, "capture", *arguments)


def compare_input(to, name, limit, own, kernels, thorough):
    """All that can be asked about one boot, log or map. own: the data of each side."""
    stop = f"{name}: the rest about it: not asked"
    cases = [Case("import", name, "-o", "-", limit=limit),
             Case("show", name, limit=limit),
             Case("show", name, "--all", limit=limit),
             Case("show", name, "--format=json", limit=limit),
             Case("replay", name, "--check", "--rounds=0", f"--variants=all{kernels}", limit=limit),
             Case("replay", name, "--check", "--rounds=0", f"--variants=all{kernels}", "--metadata=host",
                  "--format=json", limit=limit),
             Case("replay", name, "--format=json", "--rounds=1", kind="timed", limit=limit)]
    if not own:  # where names go to stdout and the trace to a file
        cases += [Case("import", name, "-o", "x.trace.zst", writes=True, limit=limit),
                  Case("import", name, "-o", "x.trace", "--format=json", writes=True, limit=limit)]
    else:
        cases += [Case("import", name, "-o", "/dev/null", "--format=json", limit=limit)]
    if thorough:
        cases += [Case("replay", name, "--rounds=0", "--format=json", f"--profile={profile}",
                       "--metadata=" + metadata, "--variants=array:search=binary:merge=full,rbtree,"
                       f"list:search=head,null{to.kernels()[profile]}", limit=limit)
                  for profile in PROFILES for metadata in ("self", "host")]
        cases += [Case("show", name, f"--profile={profile}", limit=limit) for profile in PROFILES]
        cases += [Case("import", name, f"--profile={profile}", "-o", "-", limit=limit)
                  for profile in PROFILES]
        cases += [Case("replay", name, "--rounds=1", kind="timed", limit=limit),
                  Case("replay", name, "--check", "--rounds=0", "--variants=all", "--metadata=self",
                       "--format=json", limit=limit),
                  Case("replay", name, "--check", "--rounds=0", "--variants=all", "--metadata=host",
                       limit=limit)]
    for case in cases:
        if to.check(case) is None:
            to.not_compared.append(stop)
            return


def compare_captured(to):
    kernels = to.kernels()
    boots = captured_boots(to)
    for boot in boots[::4] if to.quick else boots:
        compare_input(to, boot, 120, True, kernels["6.1" if "-6.1-" in boot else "6.12"], not to.quick)
    to.check(Case("replay", *(boot for boot in boots if boot.endswith(".trace.zst")), "--rounds=0",
                  "--format=json", "--variants=array"))
    for form in ((), ("--format=json",)):
        to.check(Case("replay", BOOT, "--latency", "--rounds=7", *form, kind="timed"))
        to.check(Case("replay", Path(BOOT).name.split(".trace")[0], "--rounds=0", *form))
        to.check(Case("show", Path(BOOT).name.split(".trace")[0], *form))
        to.check(Case("replay", BOOT, "--latency", *form, kind="timed"))


def compare_shared(to):
    if not to.shared.is_dir():
        to.skip(f"{to.shared}: not there; --shared=DIR says where the logs are")
        return
    to.kernels()
    files = [path for folder in ("captures", "captures-2", "found-logs", "cases", "faults")
             for path in sorted((to.shared / folder).glob("*")) if path.is_file()]
    for path in files:
        size = path.stat().st_size
        if to.quick and (size > BIG or path.suffix == ".md"):
            continue
        small = path.parent.name in ("cases", "faults", "found-logs")
        thorough = small and not to.quick and path.suffix == ".log"
        compare_input(to, path, 5 + size / 20_000, False, "", thorough)
    for path in (path for path in files if path.parent.name == "cases" and path.suffix == ".log"):
        text = path.read_bytes()
        to.check(Case("replay", "-", "--rounds=0", "--format=json", stdin=text, limit=30))
        to.check(Case("show", "-", stdin=text, limit=30))
        to.check(Case("import", "-", "-o", "-", stdin=text, limit=30))


def damaged(lines, chance):
    """A copy in which one thing is wrong."""
    head = chance.random() < 0.3  # where a format is told, and a version, and a machine
    lines, at = list(lines), chance.randrange(min(len(lines), 10) if head else len(lines))
    words = lines[at].split(" ")
    word = chance.randrange(len(words))
    kind = chance.randrange(9)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[chance.randrange(len(lines))])
    elif kind == 2:
        del lines[at:at + chance.randrange(1, 10)]
    elif kind == 3:
        lines[at] = lines[at][:chance.randrange(len(lines[at]) + 1)]
    else:
        new = (chance.choice(("frobnicate", "0x10zz", "-1", "0xffffffffffffffff", "0", "", "=>", ";")),
               words[word] * 2, words[word][::-1], words[word][:-1], words[word] + " x")[kind - 4]
        lines[at] = " ".join([*words[:word], new, *words[word + 1:]])
    return lines


def damaged_headers(lines):
    """The trace with each line of its header wrong in each of some ways."""
    for at in range(lines.index("")):
        key, value = re.match(r"([^ ]*)(.*)", lines[at]).groups()
        for other in (key, f"{key} x", f"{key} -1", lines[at][:-1], lines[at] + "0", f"{key}{value}{value}",
                      value.strip(), f"{lines[at]}\n{lines[at]}"):
            yield [*lines[:at], other, *lines[at + 1:]]


def compare_damaged(to):
    boot = to.ask("import", BOOT, "-o", "-").splitlines()
    unsealed = [line for line in boot if not line.startswith("digest:")]  # else that is all it says
    sources = [("trace", unsealed), ("trace", boot)]
    seeds = sorted((to.before.tree / "tests").glob("**/seeds/*"))
    logs = [path for folder in ("cases", "found-logs") for path in sorted((to.shared / folder).glob("*.log"))]
    sources += [("log", path.read_text("utf-8", "replace").splitlines()) for path in [*seeds, *logs]]
    chance = random.Random(to.quick)
    for number in range(120 if to.quick else 1200):
        suffix, lines = sources[number % 3 if number < 40 else number % len(sources)]
        path = to.input(f"damaged-{number}.{suffix}", "\n".join(damaged(lines, chance)) + "\n")
        command = (["replay", "--rounds=0", "--check"], ["import", "-o", "-"], ["show"],
                   ["replay", "--rounds=0", "--format=json"])[number // len(sources) % 4]
        to.check(Case(*command, path, limit=20))
    for number, lines in enumerate(damaged_headers(boot)):
        path = to.input(f"header-{number}.trace", "\n".join(lines) + "\n")
        to.check(Case("replay", path, "--rounds=0", "--variants=array", "--format=json", limit=20))
    for path in seeds:
        compare_input(to, to.input(f"seed-{path.name}", path.read_bytes()), 20, False, "", False)


GENERATED = (16, 1), (128, 1), (128, 7), (3000, 1), (3000, 9)  # size, seed


def corners(family):
    """Each parameter at its ends, the others as they are."""
    for parameter in family["parameters"]:
        if parameter["name"] not in ("size", "seed", "profile"):
            for value in sorted({parameter["min"], min(parameter["max"], 500)}):
                yield f"{parameter['name']}={value}"


def compare_families(to):
    kernels = to.kernels()
    for family in families(to):
        name = family["name"]
        for size, seed in ((48, 1), (1000, 7)) if to.quick else GENERATED:
            to.check(Case("gen", name, f"size={size}", f"seed={seed}", "-o", "-"))
        to.check(Case("gen", name, "-o", "-"))
        to.check(Case("gen", name, "size=48", "-o", "x.trace", writes=True))
        to.check(Case("gen", name, "size=48", "-o", "x.trace.zst", writes=True))
        for size in (48,) if to.quick else (48, 300):
            workload = f"gen:{name}:size={size}"
            to.check(Case("replay", workload, "--rounds=0", "--check", "--variants=all"))
            for profile in PROFILES[1:2] if to.quick else PROFILES:
                to.check(Case("gen", name, f"size={size}", f"profile={profile}", "-o", "-"))
                to.check(Case("replay", f"{workload}:profile={profile}", "--rounds=0", "--check",
                              "--metadata=host", f"--variants=all{kernels[profile]}", "--format=json"))
                to.check(Case("replay", f"{workload}:profile={profile}", "--rounds=0", "--format=json",
                              f"--variants=array{kernels[profile]}"))
            for form in ((), ("--format=json",)):
                to.check(Case("show", workload, *form))
        for pair in () if to.quick else corners(family):
            to.check(Case("gen", name, "size=64", pair, "-o", "-"))
            to.check(Case("replay", f"gen:{name}:size=64:{pair}", "--rounds=0", "--variants=all",
                          "--metadata=host", "--format=json"))


def compare_minimise(to):
    boots = [BOOT] + ([] if to.quick else captured_boots(to)[:12:3])
    for boot in boots:
        to.check(Case("minimise", boot, "--hot-spot=80", "-o", "-"))
        to.check(Case("minimise", boot, "-o", "-"))
    for family in families(to)[::4 if to.quick else 1]:
        workload = f"gen:{family['name']}:size=32"
        to.check(Case("minimise", workload, "--hot-spot=60", "-o", "x.trace", "--budget=20", writes=True))
        to.check(Case("minimise", workload, "--failure=difference", "--metadata=host", "-o", "x.trace",
                      "--variants=array:init=16,array:init=64", "--budget=20", writes=True))
    lines = ["memblock-trace 1", "source: made for a comparison", "profile: 6.12",
             "machine: addr_bits=64 page_size=4096 reserved_slots=16 memory_slots=128", "",
             "add 0x0 0x10000000"]
    for i in range(40):
        lines += [f"reserve {0x200000 + i * 0x14000:#x} 0x1234", f"set_limit {i * 65536:#x}"]
    full = to.input("full.trace", "\n".join(lines + ["allow_resize"]) + "\n")
    wrong = to.input("wrong.trace", "\n".join(
        [*lines[:5], "allow_resize", "reserve 0x1000 0x1000", "add 0x100000 0x100000 ; @3"]
        + [f"alloc 4096 0x1000 0x0 accessible -1 => {at}" for at in ("0x1ff000", "0x1fe000", "0x1f0000")])
        + "\n")
    logs = [path for path in sorted((to.shared / "cases").glob("*.log"))][::5 if to.quick else 1]
    for path in [full, wrong, *logs]:
        for kind in ("any",) if to.quick else ("any", "panic", "divergence", "dump", "difference"):
            for variants in ("array", "all"):
                to.check(Case("minimise", path, f"--failure={kind}", f"--variants={variants}",
                              "--budget=20", "-o", "x.trace", writes=True, limit=120))


def planted_tree(to):
    """A kernel tree with a fault, made of what the program took out of the package; None: there is none."""
    for package in sorted((to.before.scratch / "cache").glob("*/source-*")):
        makefile = package / "Makefile"
        if makefile.exists() and "\nPATCHLEVEL = 12\n" in makefile.read_text():
            tree = to.inputs / "faulty"
            shutil.copytree(package, tree)
            (tree / "complete").unlink(missing_ok=True)
            source = tree / "mm" / "memblock.c"
            text = source.read_text()
            source.write_text(text.replace("if (cand >= this_start)", "if (cand > this_start)"))
            return tree if source.read_text() != text else None
    return None


def compare_verify(to):
    kernels = to.kernels()
    total = 100_000 if to.quick else 1_000_000
    several = "array,array:search=binary:merge=full,array:growth=1.5,rbtree,rbtree:init=16,list:search=head"
    cases = []
    for seed, profile in enumerate((None, *PROFILES)):
        kernel = kernels[profile] if profile else kernels["6.1"] and kernels["6.12"]
        for metadata in (None, "self", "host"):
            for variants in ["all", several] + (["all,linux"] if kernel and profile else []):
                cases.append([f"--variants={variants}", f"--seed={1 + 1000 * seed + 100 * len(cases)}",
                              *([f"--profile={profile}"] if profile else []),
                              *([f"--metadata={metadata}"] if metadata else [])])
    for number, arguments in enumerate(cases):
        to.check(Case("verify", *arguments, f"--operations={total // (2 * len(cases))}",
                      *(["--format=json"] if number % 2 else [])))
    mixed = "all,linux" if kernels["6.1"] and kernels["6.12"] else "all"
    for seed, form in ((1, []), (77, ["--format=json"])):
        to.check(Case("verify", f"--variants={mixed}", f"--operations={total // 4}", f"--seed={seed}", *form))
    to.check(Case("verify", "--variants=array", "--operations=2000"))
    to.check(Case("verify", "--operations=5000"))
    tree = planted_tree(to) if kernels["6.12"] else None
    if not tree:
        to.skip("verify: a planted fault: no source of 6.12 to plant it in")
        return
    for seed, form in ((1, []), (2, ["--format=json"]), (3, ["--metadata=host"])):
        to.check(Case("verify", f"--variants=array,linux:src={tree}", "--profile=6.12", f"--seed={seed}",
                      "--operations=50000", *form, writes=True))
    to.check(Case("replay", "gen:gigantic-pages:size=64:profile=6.12", "--rounds=0", "--check",
                  "--metadata=host", f"--variants=linux:src={tree},array"))


def compare_run(to):
    to.kernels()
    out = ("--out=x.json",)
    if not to.quick:
        to.check(Case("run", "--quick", *out, writes=True, kind="run"))
        to.check(Case("run", "--quick", "--metadata=host", *out, writes=True, kind="run"))
    boots = "random,captured,gen:churn:size=64,gen:kexec-handover:size=64"
    for arguments in (["--operations=reserve,replay", f"--workloads={boots}", "--variants=array,rbtree"],
                      ["--operations=reserve,find_free", "--build=both", "--workloads=random,gaps",
                       "--regions=16,64", "--variants=rbtree,array:init=256:search=binary"],
                      ["--filter=^add/(random|gaps)/list/.*:16$"],
                      ["--operations=free", "--workloads=random", "--regions=16", "--variants=array,null",
                       "--repetitions=3", "--seed=2"],
                      ["--operations=handover,iterate,search", "--workloads=random", "--regions=32",
                       "--variants=list,array", "--processes=2", "--repetitions=2"],
                      ["--operations=replay_cold,replay", "--workloads=x86_64-6.12-cloud-4G-2node",
                       "--variants=array,list", "--counters=none"]):
        if to.quick:
            arguments = [word.replace(",captured", "") for word in arguments]
        to.check(Case("run", "--quick", *arguments, *out, writes=True, kind="run"))
    tiny_run = tiny(to, "run")
    to.check(Case(*tiny_run, "--format=json", kind="run"))
    to.check(Case(*(word for word in tiny_run if word != "--quick"), *out, writes=True, kind="run"))


def compare_conformance(to):
    def prepare(side):
        """A build folder in which only the suite is built, so that the real one stays as it is."""
        (side.scratch / "build").mkdir(exist_ok=True)
        shutil.copy(side.tree / "build" / "conformance.conf", side.scratch / "build")
        for tree in sorted((to.before.tree / "build" / "conformance").glob("linux-*")):  # taken apart already
            shutil.copytree(tree, side.scratch / "build" / "conformance" / tree.name)
    to.both(prepare)
    answer = to.check(Case(program=["python3", "-B", "{conformance}", "{scratch}/build"],
                           environment={"JOBS": "1"}))
    if answer and answer["status"] == "3":
        to.skip(f"conformance: {answer['stderr'].strip()}")
        return

    def logs(side):
        return {path.name: side.masked(path.read_text("utf-8", "replace"), "")
                for path in (side.scratch / "build" / "conformance" / "logs").glob("*.log")
                if "fault" not in path.name}  # ends by an assertion of the sanitizers' runtime
    before, after = to.both(logs)
    for name in sorted(before.keys() | after.keys()):
        to.same(f"conformance: {name}", {name: before.get(name, "")}, {name: after.get(name, "")})
