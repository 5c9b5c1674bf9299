# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs between two readings of the clock is compiled as a kernel is: all of it, and nothing else runs there.

    looks     the object of cmake/kflags.cmake, disassembled: no vector or floating-point register; no return but
              through the thunk, no indirect call or jump but through one; a landing pad where something in a table
              points; a canary in each function with an array
    kernels   the same of the objects of `linux`, as variants/linux/build.sh makes them of 6.1, 6.12 and the newest;
              and who in them calls the C library, which is compiled otherwise
    runs      every operation and a boot that grows, under callgrind: each instruction counted lies in that object,
              or in what was looked at of those of `linux`, but for EXCUSED

Both are shown to fail on the plain copy of the core, as everything was compiled before. Sanitizers have no such
flags, other machines have fewer: what is not looked at is said.
"""
import bisect
import collections
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
sys.path.insert(0, str(SOURCE / "workloads/capture"))
import newest  # noqa: E402  its place is known only now

BUILD = Path(os.environ["MB_BUILD_DIR"])
BENCH = os.environ["MEMBLOCK_BENCH"]
OBJECT = BUILD / "kflags.o"
FLAGS = (BUILD / "config.h").read_text()
X86 = platform.machine() in ("x86_64", "i686")
# (object, function) that may run between two readings: they map pages where a store's array has grown, which is not a
# kernel's work, and of `linux` as well.
EXCUSED = {("memblock-bench", "host_map"), ("memblock-bench", "sim_map")}
# Of an object of `linux`: what the linker adds, which runs when it is loaded and unloaded.
LINKER = {"_init", "_fini", "deregister_tm_clones", "register_tm_clones", "__do_global_dtors_aux", "frame_dummy"}
# Who may call the C library there: a state that is swapped, saved or put back; messages; named reservations, which
# are texts; zeroing simulated memory. Whether any of it runs between two readings is what Runs sees.
HOSTED = {"mb_linux_open", "mbl_init", "mbl_save", "mbl_restore", "mbl_swap", "mbl_zero",
          "mbl_format", "mbl_vprint", "mbl_panic", "memblock_dump",
          "mbl_memparse", "mbl_call_reserve_mem", "mbl_call_reserve_mem_find_by_name", "reserve_mem",
          "reserve_mem_find_by_name", "reserve_mem_release_by_name"}
BOOT = "x86_64-6.1-cloud-4G-memmap190-doubling"
THUNK = re.compile(r"__x86_(indirect|return)_thunk|__llvm_(retpoline|lvi_thunk)")
VECTOR = re.compile(r"%[xyz]mm\d|%st\b|%mm\d" if X86 else r"\b[vqds]\d{1,2}\b(?!\s*>)")
INDIRECT = re.compile(r"^(notrack )?(call|jmp)\w*\s+\*")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def functions(path):
    """{name: [instruction]} of an object; a name that is there several times has all of them."""
    found, name = collections.defaultdict(list), None
    for line in output("objdump", "-dr", "--no-show-raw-insn", str(path)).splitlines():
        head = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if head:
            name = re.sub(r"\.(cold|part|isra|constprop)\b.*", "", head[1])
        elif name and "\t" in line:
            found[name].append(line.split("\t", 1)[1].strip())
    return found


def faults(code):
    """What a kernel's compiler would not have written."""
    for name, lines in code.items():
        for line in lines:
            if VECTOR.search(line.split("<")[0]):
                yield f"{name}: a vector register: {line}"
            if not X86 or THUNK.match(name):
                continue
            if "-mfunction-return=" in FLAGS and re.match(r"(repz )?ret", line):
                yield f"{name}: a bare return"
            if INDIRECT.match(line):
                yield f"{name}: an indirect call: {line}"


def with_arrays(path):
    """Functions with an array of their own on the stack, by the debugging information."""
    names, arrays, depth, function = set(), set(), 0, None
    text = output("objdump", "--dwarf=info", str(path))
    entries = re.findall(r"^ <(\w+)><(\w+)>: .*\((DW_TAG_\w+)\)\n((?: {3,}<\w+> .*\n)*)", text, re.M)
    for _, offset, tag, _ in entries:
        if tag == "DW_TAG_array_type":
            arrays.add(offset)
    for level, _, tag, body in entries:
        if tag == "DW_TAG_subprogram":
            name = re.search(r"DW_AT_name .*?(\w+)\s*$", body, re.M)
            function, depth = name and name[1], int(level, 16)
            if "DW_AT_low_pc" not in body:
                function = None  # inlined, or declared
        elif int(level, 16) <= depth:
            function = None
        elif tag == "DW_TAG_variable" and function and "DW_OP_fbreg" in body:
            kind = re.search(r"DW_AT_type .*<0x(\w+)>", body)
            if kind and kind[1] in arrays:
                names.add(function)
    return names


def own_functions(path):
    """Of an object of `linux`: what is compiled, without what the linker adds."""
    return {name: lines for name, lines in functions(path).items() if name not in LINKER and "@plt" not in name}


def hosted(code):
    """(function, what it calls of the C library)"""
    return {(name, found[1]) for name, lines in code.items() for line in lines
            if (found := re.search(r"<(\w+)@plt>", line)) and found[1] != "__stack_chk_fail"}


def text_of(path):
    """[begin, end) of an object's code."""
    row = re.search(r" \.text +PROGBITS +(\w+) \w+ (\w+)", output("readelf", "-SW", path))
    begin = int(row[1], 16)
    return range(begin, begin + int(row[2], 16))


def shared_landings(path):
    """{address: first instruction} of the same in a shared object, which is linked."""
    first = {int(place, 16): line for place, line in
             re.findall(r"^0*([0-9a-f]+) <.*>:\n +[0-9a-f]+:\t(.*)",
                        output("objdump", "-d", "--no-show-raw-insn", str(path)), re.M)}
    text, added = text_of(path), set(LINKER)
    names = {int(row[0], 16): row[2] for row in map(str.split, output("nm", str(path)).splitlines()) if len(row) == 3}
    places = {int(place, 16) for place in
              re.findall(r"R_X86_64_RELATIVE\s+([0-9a-f]+)$", output("readelf", "-rW", str(path)), re.M)}
    return {place: first.get(place, "no function") for place in places
            if place in text and names.get(place) not in added}


def landings(path):
    """{address: first instruction} of the functions that something in data points to."""
    first = dict(re.findall(r"^0*([0-9a-f]+) <.*>:\n +[0-9a-f]+:\t(.*)",
                            output("objdump", "-d", "--no-show-raw-insn", str(path)), re.M))
    places = re.findall(r"^[0-9a-f]+ R_X86_64_64\s+\.text\.kflags\+0x0*([0-9a-f]+)$",
                        output("objdump", "-r", str(path)).partition("RELOCATION RECORDS FOR [.debug")[0], re.M)
    return {place: first.get(place, "no function") for place in places}


class Looks(unittest.TestCase):
    def setUp(self):
        if os.environ.get("MB_SANITIZED") == "1":
            self.skipTest("sanitizers: no flags of a kernel, and no second copy")

    def test_no_fault(self):
        code = functions(OBJECT)
        if X86 and "-mfunction-return=" not in FLAGS:
            print("SKIPPED: returns: this compiler has no -mfunction-return, for linux neither", file=sys.stderr)
        self.assertGreater(len(code), 150)
        for name in ("mb_reserve", "mb_op_run", "step_add_range", "run_reserve", "replay", "mb_kmemmove"):
            self.assertIn(name, code)
        self.assertEqual(list(faults(code)), [])

    def test_plain_copy_has_faults(self):
        if not X86:
            self.skipTest("only x86 has thunks")
        plain = functions(next(BUILD.glob("CMakeFiles/memblock.dir/src/core/collections.c.o")))
        if "-mfunction-return=" in FLAGS:
            self.assertTrue(any("bare return" in fault for fault in faults(plain)))
        self.assertTrue(any("indirect call" in fault for fault in faults(plain)))

    def test_canaries(self):
        code = functions(OBJECT)
        arrays = with_arrays(OBJECT) & set(code)
        self.assertIn("mb_debugfs_show", arrays)
        # And where a local's address is handed on.
        without = [name for name in {*arrays, "mb_emit", "cold", "run_search", "run_iterate"}
                   if not any("__stack_chk_fail" in line for line in code[name])]
        self.assertEqual(without, [])
        plain = functions(next(BUILD.glob("CMakeFiles/memblock.dir/src/core/messages.c.o")))
        self.assertFalse(any("__stack_chk_fail" in line for line in plain["mb_emit"]))

    def test_landing_pads(self):
        if not X86:
            self.skipTest("only x86 is asked for them")
        found = landings(OBJECT)
        self.assertGreater(len(found), 50)
        self.assertEqual([item for item in found.items() if not item[1].startswith("endbr")], [])

    def test_needs_nothing_else(self):
        allowed = {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "clock_gettime"}  # the last is a reading
        undefined = {line.split()[-1] for line in output("nm", "-u", str(OBJECT)).splitlines()}
        self.assertLessEqual(undefined, allowed)
        shared = {line.split()[-1] for line in output("nm", "-g", "--defined-only", str(OBJECT)).splitlines()}
        self.assertEqual([name for name in shared if not re.match(r"(mb_ops_|bench_loops_)\w*kflags", name)], [])


class Kernels(unittest.TestCase):
    """The objects of `linux`, built in a cache of their own."""

    @classmethod
    def setUpClass(cls):
        if os.environ.get("MB_SANITIZED") == "1":
            raise unittest.SkipTest("sanitizers: no flags of a kernel")
        cls.folder = tempfile.TemporaryDirectory(prefix="memblock-fair.")
        cls.objects = {}
        for version in ("6.1", "6.12", "newest"):
            cls.objects[version] = cls.build(version, "kflags")
        if not any(cls.objects.values()):
            raise unittest.SkipTest("no kernel source")
        cls.plain = cls.build(next(v for v in ("newest", "6.12", "6.1") if cls.objects[v]), "o2")[0]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def build(cls, version, flags):
        """The objects that `run` makes of it, for the machines it wants; none: no source."""
        cache = Path(cls.folder.name) / f"{version}-{flags}"
        newest.lend(cache)
        done = subprocess.run(
            [BENCH, "run", "--quick", "--counters=none", f"--build={flags}", f"--variants=linux:version={version}",
             "--workloads=random", "--operations=reserve", "--regions=16", f"--out={cls.folder.name}/out.json"],
            env={**os.environ, "XDG_CACHE_HOME": str(cache)}, capture_output=True, text=True, check=False)
        found = list((cache / "memblock-bench").glob("linux-*.so"))
        if done.returncode == 3 and "no source of kernel" in done.stderr:
            print(f"ABSENT: linux:version={version}: {done.stderr.strip()}", file=sys.stderr)
            if os.environ.get("CI"):
                raise AssertionError(f"in CI linux:version={version} has to be there")
            return []
        if done.returncode or not found:
            raise AssertionError(f"linux:version={version}: {len(found)} objects: {done.stderr}")
        return found

    def each(self):
        return [path for paths in self.objects.values() for path in paths]

    def test_no_fault(self):
        for path in self.each():
            code = own_functions(path)
            self.assertGreater(len(code), 120)
            for name in ("memblock_remove", "__next_mem_range", "mbl_call_add", "mb_kmemmove"):
                self.assertTrue(name in code, f"{path.name}: no {name}")
            self.assertEqual(list(faults(code)), [], path.name)

    def test_plain_object_has_faults(self):
        if not X86:
            self.skipTest("only x86 has thunks")
        found = list(faults(own_functions(self.plain)))
        self.assertTrue(any("indirect call" in fault for fault in found))
        if "-mfunction-return=" in FLAGS:
            self.assertTrue(any("bare return" in fault for fault in found))
        self.assertFalse(any("__stack_chk_fail" in line for lines in functions(self.plain).values() for line in lines))

    def test_canaries(self):
        for path in self.each():
            code = own_functions(path)
            without = [name for name in ("memblock_reserve", "memblock_add", "__memblock_reserve", "mbl_vprint")
                       if name in code and not any("__stack_chk_fail" in line for line in code[name])]
            self.assertEqual(without, [], path.name)

    def test_landing_pads(self):
        if not X86:
            self.skipTest("only x86 is asked for them")
        for path in self.each():
            found = shared_landings(path)
            self.assertGreater(len(found), 40)
            self.assertEqual([item for item in found.items() if not item[1].startswith("endbr")], [],
                             path.name)
        self.assertTrue(any(not line.startswith("endbr") for line in shared_landings(self.plain).values()))

    def test_who_calls_the_library(self):
        for path in self.each():
            found = hosted(own_functions(path))
            self.assertEqual({each for each in found if each[0] not in HOSTED}, set())
        plain = hosted(own_functions(self.plain))
        self.assertTrue(any(callee in ("memmove", "memcpy") and name not in HOSTED for name, callee in plain), plain)


class Runs(unittest.TestCase):
    def setUp(self):
        if os.environ.get("MB_SANITIZED") == "1":
            self.skipTest("sanitizers: no flags of a kernel, and no second copy")
        if not shutil.which("valgrind"):
            if os.environ.get("CI"):
                self.fail("in CI valgrind has to be there")
            self.skipTest("no valgrind; install it with: apt install valgrind")

    @staticmethod
    def count(folder, *arguments):
        """Run it; the counts with their addresses, as callgrind writes them down."""
        kept, wrapper = Path(folder) / "kept", Path(folder) / "valgrind"
        wrapper.write_text(f"#!/bin/sh\nfor a; do case $a in --callgrind-out-file=*) out=${{a#*=}} ;; esac; done\n"
                           f"tool=$1\nshift\n{shutil.which('valgrind')} $tool --dump-instr=yes --compress-pos=no "
                           f"--compress-strings=no \"$@\" && cat \"$out\" >>'{kept}'\n")
        wrapper.chmod(0o755)
        done = subprocess.run(
            [BENCH, "run", "--quick", "--counters=callgrind", "--workloads=random," + BOOT, "--regions=16",
             f"--out={folder}/out.json", *arguments], capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})
        if done.returncode:
            raise AssertionError(done.stderr)
        return kept.read_text()

    @staticmethod
    def executed(text):
        """(object, address) of every instruction that was counted in itself."""
        where, called = "", False
        for line in text.splitlines():
            if line.startswith("ob="):
                where = line[3:]
            elif line.startswith("0x") and not called:
                yield where, int(line.split()[0], 16)
            called = line.startswith("calls=")

    def strays(self, *arguments):
        """(what was executed elsewhere, functions that were executed where they should)"""
        table = sorted((int(row[0], 16), row[2]) for row in map(str.split, output("nm", BENCH).splitlines())
                       if len(row) == 3)
        places = {name: address for address, name in table}
        own, ours = range(places["kflags_text_begin"], places["kflags_text_end"]), text_of(BENCH)
        seen, inside = set(), set()
        with tempfile.TemporaryDirectory(prefix="memblock-fair.") as folder:
            rows = set(self.executed(self.count(folder, *arguments)))
        kernels = {ob: text_of(ob) for ob, _ in rows if "/linux-" in ob}
        symbols = {ob: sorted((int(row[0], 16), row[2]) for row in map(str.split, output("nm", ob).splitlines())
                              if len(row) == 3 and row[1] in "tT") for ob in kernels}
        for ob, address in rows:
            # A jump through a thunk is a return to callgrind: it takes what that leads to for part of the
            # function before, so an address may be another object's. Ours are none of the kernel's.
            within = ob if ob in kernels else next((k for k, text in kernels.items() if address in text), None)
            if address in ours:
                where = "memblock-bench", table[bisect.bisect(table, (address, "~")) - 1][1]
            elif within and address in kernels[within]:
                where = "linux", symbols[within][bisect.bisect(symbols[within], (address, "~")) - 1][1]
            else:
                where = ob.rsplit("/", 1)[-1], ""
            if where[0] == "linux" and where[1] not in LINKER:
                continue
            if address in own:
                inside.add(where[1])
            elif where not in EXCUSED:
                seen.add(f"{where[1]} ({where[0]}: {address:#x})")
        for text in kernels.values():
            self.assertLessEqual(text.stop, ours.start)
        return seen, inside

    def test_nothing_else_runs(self):
        variants = "array,rbtree,list,null"
        lacks = subprocess.run([BENCH, "replay", "--variants=linux", "--rounds=0", BOOT], capture_output=True,
                               text=True, check=False)
        if lacks.returncode == 3:
            self.assertFalse(os.environ.get("CI"), "in CI the kernel's source has to be there")
            print(f"SKIPPED: linux: {lacks.stderr.strip()}", file=sys.stderr)
        else:
            variants += ",linux"
        seen, inside = self.strays("--build=kflags", "--operations=all", f"--variants={variants}")
        self.assertEqual(seen, set())
        for name in ("run_reserve", "mb_reserve", "step_add_range", "replay", "mb_op_run", "memmove"):
            self.assertIn(name, inside)

    def test_plain_copy_is_noticed(self):
        seen, _ = self.strays("--build=o2", "--operations=reserve", "--variants=array")
        self.assertTrue(any(text.startswith("mb_reserve (memblock-bench") for text in seen))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if len(result.skipped) == result.testsRun else 0)
