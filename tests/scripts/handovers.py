# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of `memblock-bench capture --kexec`, and of captures of 7.x, that need no QEMU and no kernel: what is
preserved, the ramdisk, where the second boot begins for console, recorder and counter, the building of the kernel
with stand-ins for its tools, Debian's packages since 7.0."""
import contextlib
import io
import os
import platform
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "workloads" / "capture"))

import cache  # noqa: E402  (the path comes first)
import calls  # noqa: E402
import capture  # noqa: E402
import console  # noqa: E402
import counting  # noqa: E402
import debian  # noqa: E402
import exact  # noqa: E402
import gdbremote  # noqa: E402
import handover  # noqa: E402
import ramdisk  # noqa: E402
import smallkernel  # noqa: E402
import symbols  # noqa: E402
from failure import CHECK, ENVIRONMENT, USAGE, Failure, Progress  # noqa: E402

QUIET = Progress(io.StringIO())
FIRST = ("Linux version 7.3.4 (x)\\nmemblock_add: [0x1000-0x1fff] a\\nMemory: 1K/2K available\\n"
         "Run /init as init process\\n")
BEGIN = "[    1.0] kexec_core: Starting new kernel\\n"
SECOND = ("Linux version 7.3.4 (x)\\nKHO: found kexec handover data.\\nmemblock_add: [0x2000-0x2fff] a\\n"
          "__memblock_reserve: [0x4000-0x4fff] nid=-1 flags=0 kho_preserved_memory_reserve+0x42/0x90\\n"
          "__memblock_reserve: [0x200000-0x3fffff] nid=-1 flags=0 kho_preserved_memory_reserve+0x42/0x90\\n"
          "Memory: 1K/2K available\\nRun /init as init process\\n")


def options_of(*words):
    return capture.parse([*words, "-o", "x.log"])


def environment(test, **change):
    """Variables of the environment, until the test is over."""
    for name, value in change.items():
        test.addCleanup(os.environ.__setitem__, name, os.environ.get(name, ""))
        os.environ[name] = value


class Options(unittest.TestCase):
    def test_shape(self):
        for words, said in (
                (["--kexec=64M"], "size=67108864 files=1 runs=0 page=4096"),
                (["--kexec=8M", "--runs=3", "--files=2"], "size=8388608 files=2 runs=3 page=4096"),
                (["--kexec=8M", "--pages=4k,2M"], "size=8388608 files=2 runs=0 page=4096 page=2097152")):
            self.assertEqual(handover.Shape(options_of(*words)).words(), said)

    def test_log_has_room(self):
        for words, said in ((["--kexec=64M"], ""), (["--kexec=256M"], " log_buf_len=16M"),
                            (["--kexec=256M", "--pages=2M"], ""), (["--kexec=1G"], " log_buf_len=64M")):
            shape = handover.Shape(options_of(*words, "--memory=4G"))
            self.assertEqual(shape.arguments("x86_64"), handover.ARGUMENTS + said)
            self.assertEqual(shape.arguments("arm64"), handover.ARGUMENTS + " nr_cpus=1")

    def test_refused(self):
        for pattern, *words in (
                ("--pages: '8K'", "--kexec=64M", "--pages=8K"), ("'x'; a size", "--kexec=x"),
                ("--files: '1'", "--kexec=64M", "--pages=4K,2M", "--files=1"),
                ("--files: '65'", "--kexec=64M", "--files=65"),
                ("less than a page", "--kexec=2M", "--pages=2M", "--files=2"),
                ("--runs: '3'", "--kexec=64M", "--pages=2M", "--runs=3"),
                ("--runs: '513'", "--kexec=64M", "--runs=513"),
                ("a quarter of --memory", "--kexec=2G"), ("device trees only", "--kexec=64M", "--arch=arm64",
                                                         "--firmware=aavmf"),
                ("not i386", "--kexec=64M", "--arch=i386"), ("choose one of", "--kexec=64M", "--flavour=amd64"),
                ("--runs: only with", "--runs=3"), ("--source: only with", "--source=/"),
                ("--pages: only with", "--pages=4K"), ("--files: only with", "--files=2")):
            with self.assertRaisesRegex(Failure, re.escape(pattern)) as raised:
                options_of(*words)
            self.assertEqual(raised.exception.status, USAGE)


class Ramdisk(unittest.TestCase):
    def members(self, data):
        found, at = {}, 0
        while not found.get("TRAILER!!!"):
            self.assertEqual(data[at:at + 6], b"070701")
            field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            name = data[at + 110:at + 110 + field[11] - 1].decode()
            at += 110 + field[11] + -(110 + field[11]) % 4
            found[name] = (field[1], tuple(field[9:11]), data[at:at + field[6]])
            at += field[6] + -field[6] % 4
            if name == "TRAILER!!!":
                break
        self.assertEqual(at, len(data))
        return found

    @unittest.skipUnless(shutil.which(smallkernel.TARGETS["x86_64"].prefix + "gcc"), "no compiler")
    def test_first_kernel(self):
        with tempfile.TemporaryDirectory() as folder:
            environment(self, XDG_CACHE_HOME=folder)
            image = Path(folder) / "vmlinuz"
            image.write_bytes(b"image")
            for more, second in ((["--initrd=2M"], ramdisk.noise(2 << 20)), (["--initrd=none"], b"")):
                options = options_of("--kexec=64M", *more)
                line = handover.first_command(options, image, folder, handover.Shape(options))
                self.assertEqual(line.count("-initrd"), 1)
                found = self.members(Path(line[line.index("-initrd") + 1]).read_bytes())
                self.assertEqual(found["kernel"], (0o100644, (0, 0), b"image"))
                self.assertEqual(found["ramdisk"][2], second)
                self.assertEqual(found["dev/console"][:2], (0o020600, (5, 1)))
                self.assertEqual(found["init"][2][:4], b"\x7fELF")
                self.assertRegex(line[-1], "memblock=debug.* kho=on liveupdate=on -- size=67108864 files=1 ")
            # It would turn this machine off if it did not ask what it is.
            done = subprocess.run([handover.program("x86_64"), "size=1"], capture_output=True, text=True,
                                  check=False) if platform.machine() == "x86_64" else None
            if done:
                self.assertEqual(done.returncode, 2)
                self.assertIn("first program of a kernel", done.stderr)


class Begin(unittest.TestCase):
    """Two boots on one console; a shell script in place of QEMU."""

    def boot(self, text, timeout=20):
        program = ["/bin/sh", "-c", f"printf '%b' '{text}'"]
        with console.Console(program, "p", QUIET, timeout, handover.BEGINS) as running:
            running.run()
            return running

    def test_second_boot(self):
        found = self.boot(FIRST + "handover: starting the second kernel\\n" + BEGIN + SECOND)
        self.assertEqual(bytes(found.log), SECOND.replace("\\n", "\n").encode())
        self.assertEqual((found.memblock, found.lines), (3, 7))
        shape = handover.Shape(options_of("--kexec=2M"))
        self.assertEqual(handover.preserved(found.log, shape), {4096: 1, 2 << 20: 1})
        self.assertEqual(handover.text({4096: 3, 2 << 20: 1}), "3 of 4K, 1 of 2M")

    def test_nothing_came_over(self):
        shape, second = handover.Shape(options_of("--kexec=4M")), SECOND.replace("\\n", "\n")
        for log in (second, second.replace("kho_preserved", "other")):
            with self.assertRaisesRegex(Failure, "of the 4194304 that the first one") as raised:
                handover.preserved(log.encode(), shape)
            self.assertEqual(raised.exception.status, CHECK)
        shape = handover.Shape(options_of("--kexec=2M"))
        with self.assertRaises(Failure):
            handover.preserved(second.replace("found kexec", "no").encode(), shape)

    def test_first_fails(self):
        for text, said in ((FIRST + "handover: cannot load the second kernel: No such file\\n",
                            "the first kernel cannot load the second kernel: No such file; the end"),
                           (FIRST + "Kernel panic - not syncing: no\\n", "did not start the second"),
                           (FIRST, "did not start the second")):
            with self.assertRaisesRegex(Failure, said) as raised:
                self.boot(text)
            self.assertEqual(raised.exception.status, CHECK)
        with self.assertRaisesRegex(Failure, "before it handed its memory over"):
            self.boot(FIRST + BEGIN + "Linux version 7.3.4 (x)\\n")


class Gone(unittest.TestCase):
    def test_acknowledgement(self):
        """QEMU ends before its last packet is acknowledged."""
        mine, other = socket.socketpair()
        self.addCleanup(mine.close)
        other.sendall(gdbremote.packet("W00"))
        other.close()
        with self.assertRaises(gdbremote.ProtocolError):
            gdbremote.Client(mine).receive()


class Recorder(unittest.TestCase):
    """An exact recording that begins at the jump, and takes the list of scratch areas from memory."""
    CODE, DATA, LIST = 0xffffffff81000000, 0xffffffff82000000, 0xffffffff84000000

    def setUp(self):
        names = ["_text", handover.JUMP, "memblock_set_kho_scratch_only", "memblock_mark_kho_scratch", "kho_populate"]
        lines = [f"{self.CODE + 0x100 * i:x} T {name}" for i, name in enumerate(names)]
        lines += [f"{self.CODE + 0x900:x} T __memblock_reserve"]
        lines += [f"{self.DATA + 0x100 * i:x} D {name}" for i, name in
                  enumerate(["memblock", "kho_scratch", "kho_scratch_cnt"])]
        self.symbols, self.done, self.mapped = symbols.Symbols(lines), [], False
        self.stops = iter([handover.JUMP, "memblock_set_kho_scratch_only", None, "memblock_mark_kho_scratch", None,
                           "memblock_mark_kho_scratch", None])

    def read_memory(self, *ranges):
        known = {self.DATA: calls.MEMBLOCK.pack(False, calls.ANYWHERE, 0, 128, 0, 0, 0, 0, 128, 0, 0, 0),
                 self.DATA + 0x100: struct.pack("<Q", self.LIST if self.mapped else 0),
                 self.DATA + 0x200: struct.pack("<I", 2), 0x7000: struct.pack("<Q", self.CODE + 0x410),
                 self.LIST: struct.pack("<4Q", 0x100000, 0x1000, 0x4000000, 0x2000)}
        return [known.get(at, bytes(size))[:size] for at, size in ranges]

    def registers(self, count):
        found = [0] * count
        found[5], found[4], found[7] = 0x1000, 0x2000, 0x7000 + 8 * (self.stop is None)
        found[16] = self.symbols.get(self.stop) if self.stop else self.CODE + 0x410
        return found

    def insert(self, *addresses):
        self.done.append(("insert", addresses))

    def remove(self, *addresses):
        self.done.append(("remove", addresses))

    def go(self):
        self.stop = next(self.stops, "over")
        self.done.append(("go", self.stop))
        if self.stop == "over":
            raise exact.Over
        self.mapped = self.mapped or sum(what == ("go", None) for what in self.done) == 2

    def step_over(self, address):
        del address
        self.go()

    def test_from_the_jump(self):
        recorder = exact.Recorder(exact.X86(self.symbols), self.symbols, self)
        running = types.SimpleNamespace(check_time=lambda: None)
        jump = self.symbols.get(handover.JUMP)
        with self.assertRaises(exact.Over):
            exact.follow(running, self, recorder, lambda count: None, jump)
        self.assertEqual(self.done[:3], [("insert", (jump,)), ("go", handover.JUMP), ("remove", (jump,))])
        self.assertEqual(self.done[3][0], "insert")
        self.assertIn(self.symbols.get("memblock_mark_kho_scratch"), self.done[3][1])
        self.assertEqual([line.split(" ;")[0] for line in recorder.lines], [
            "scratch_only 1", "mark 0x1000 0x2000 kho_scratch", "scratch_area 0x100000 0x1000",
            "scratch_area 0x4000000 0x2000", "mark 0x1000 0x2000 kho_scratch"])
        with self.assertRaisesRegex(Failure, "has no machine_kexec"):
            symbols.Symbols(["1 T memblock", "2 T memblock_reserve"]).need(handover.JUMP)


# What is before `jump` is not counted; __init_single_page is, whoever calls it: 2 instructions, twice.
PROGRAM = """
	.globl _start
_start:	call memblock_a
	call __init_single_page
	call jump
	call memblock_a
	call __init_single_page
	call over
	mov $60, %eax
	xor %edi, %edi
	syscall
	.globl memblock_a
memblock_a:
	call __init_single_page
	ret
	.globl __init_single_page
__init_single_page:
	nop
	ret
	.globl jump
jump:	ret
	.globl over
over:	ret
	.globl after
after:	nop
"""


class Counter(unittest.TestCase):
    @unittest.skipUnless(shutil.which("qemu-x86_64"), "no qemu-x86_64; apt install qemu-user")
    @unittest.skipUnless(platform.machine() == "x86_64", "the program is one for x86_64")
    def test_by_hand(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "by_hand.s").write_text(PROGRAM)
            subprocess.run(["gcc", "-nostdlib", "-static", "-o", folder / "by_hand", folder / "by_hand.s"], check=True)
            rows = [line.split() for line in subprocess.run(
                ["nm", "-n", folder / "by_hand"], check=True, capture_output=True, text=True).stdout.splitlines()]
            code = [(int(row[0], 16), row[2]) for row in rows if row[1] in "tT"]
            at = {symbol: address for address, symbol in code}
            ranges, out = folder / "ranges", folder / "counted"
            ranges.write_text(counting.ranges_text(counting.functions(code), 0, at["over"], at["jump"]))
            subprocess.run(["qemu-x86_64", "-plugin", f"{counting.plugin()},ranges={ranges},out={out}",
                            folder / "by_hand"], check=True)
            result = counting.parse_result(out.read_text())
        self.assertEqual(result["beside"], {"__init_single_page": 4})
        self.assertEqual(result["calls"], {"memblock_a": {"calls": 1, "instructions": {"memblock_a": 2}}})
        self.assertEqual(result["total"], 1 + 3 + 2 + 4 + 1)

    @unittest.skipUnless(os.environ.get("MEMBLOCK_BENCH"), "no MEMBLOCK_BENCH")
    def test_most_regions(self):
        """What is noted beside the counts is what the page of the catalogue says of the boot."""
        name, options = "x86_64-7.3-kexec-4M-exact", types.SimpleNamespace(bench=os.environ["MEMBLOCK_BENCH"])
        captured = SOURCE / "workloads" / "captured"
        with tempfile.TemporaryDirectory() as folder:
            found = capture.most_regions(options, captured / f"{name}.log.zst", folder)
            self.assertRegex((captured / "MANIFEST.md").read_text(),
                             rf"(?m)^\| {name} \|.*\| {found['memory']}, {found['reserved']} \|")
            (Path(folder) / "x.log").write_text("nothing\n")
            with self.assertRaisesRegex(Failure, "cannot be imported"):
                capture.most_regions(options, Path(folder) / "x.log", folder)

    def test_shares(self):
        result = {"total": 1000, "resumed": 0, "entered": {}, "beside": {"__init_single_page": 300},
                  "calls": {"memblock_free_all": {"calls": 1, "instructions": {
                      "memmap_init_reserved_range": 100, "memblock_add_range": 50}}}}
        said = counting.counts_of(result, "7.3", ([], 0, 0, None))["instructions"]
        self.assertEqual((said["memblock"], said["range_code"], said["struct_pages"]), (150, 50, 400))
        self.assertEqual((said["range_code_share"], said["struct_pages_share"]), (0.05, 0.4))


class Kernel(unittest.TestCase):
    """The small kernel, built by a make that is a shell script."""
    MAKE = """#!/bin/sh
for word; do case $word in O=*) out=${word#O=};; KCONFIG_ALLCONFIG=*) wanted=${word#*=};; esac; done
echo "$*" >>"$MADE"
case $* in
*allnoconfig) grep -v "$WITHOUT" "$wanted" >"$out/.config";;
*) mkdir -p "$out/arch/x86/boot"; echo image >"$out/arch/x86/boot/bzImage"; echo map >"$out/System.map"
   [ -z "$BROKEN" ] || { echo 'mm/memblock.c:1: error: no'; echo 'make: *** Error 2'; exit 2; };;
esac
"""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()
        for name in ("make", "flex", "bison", "bc", "xz"):
            (self.folder / "bin" / name).write_text(self.MAKE if name == "make" else "#!/bin/sh\n")
            (self.folder / "bin" / name).chmod(0o755)
        self.tree = self.folder / "linux-source-7.3"
        (self.tree / "mm").mkdir(parents=True)
        for name in ("memblock.c", "memfd_luo.c"):
            (self.tree / "mm" / name).write_text("1\n")
        self.version("7", "3")
        self.made = self.folder / "made"
        environment(self, PATH=f"{self.folder}/bin:{os.environ['PATH']}", XDG_CACHE_HOME=str(self.folder / "cache"),
                    MADE=str(self.made), WITHOUT="nothing", BROKEN="")
        for name, value in (("need", lambda *_: None), ("ROOM", 0)):
            self.addCleanup(setattr, smallkernel, name, getattr(smallkernel, name))
            setattr(smallkernel, name, value)

    def version(self, major, minor):
        (self.tree / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = 4\n")

    def built(self, source=None):
        return smallkernel.built("x86_64", smallkernel.Tree(source or self.tree), QUIET)

    def test_built_once(self):
        image, table, version = self.built()
        self.assertEqual((image.read_text(), table.read_text(), version), ("image\n", "map\n", "7.3.4"))
        self.assertEqual(self.built()[0], image)
        said = self.made.read_text().splitlines()
        self.assertEqual([line.split()[-1] for line in said], ["allnoconfig", "bzImage"])
        self.assertIn("KBUILD_BUILD_HOST=capture", said[1])
        (self.tree / "mm/memblock.c").write_text("2\n")
        self.assertNotEqual(self.built()[0], image)
        self.assertEqual({path.name.split("_")[0] for path in image.parents[1].iterdir()},
                         {"handover", ".handover", "lock"})

    def test_built_again(self):
        """A folder of that name is no kernel: what is there must be what was built."""
        image = self.built()[0]
        folder, builds = image.parent, 1

        def leave_half():  # as one that was killed did when it copied
            shutil.rmtree(folder)
            folder.mkdir()
            image.write_text("half\n")

        for damage in (lambda: image.write_text("another\n"), (folder / "System.map").unlink, leave_half,
                       cache.note(folder).unlink, lambda: (folder / "planted").write_text("x"),
                       lambda: folder.chmod(0o777), lambda: image.chmod(0o666)):
            damage()
            self.assertEqual(self.built()[0], image)
            builds += 1
            self.assertEqual(len(self.made.read_text().splitlines()), 2 * builds)
            self.assertEqual(image.read_text(), "image\n")
            self.assertEqual({path.name for path in folder.iterdir()}, {"vmlinuz", "System.map", "config", "version"})
        self.built()
        self.assertEqual(len(self.made.read_text().splitlines()), 2 * builds)

    def test_cache_cannot_be_written(self):
        (self.folder / "cache/memblock-bench").mkdir(parents=True)
        (self.folder / "cache/memblock-bench/kernels").write_text("")
        with self.assertRaisesRegex(Failure, "capture: cannot write to the cache .*; set XDG_CACHE_HOME") as raised:
            self.built()
        self.assertEqual(raised.exception.status, ENVIRONMENT)

    def test_two_at_once(self):
        """One builds, the other waits and takes what was built; what one that was killed left is gone."""
        kernels = self.folder / "cache/memblock-bench/kernels"
        (kernels / "build.killed").mkdir(parents=True)
        threads = [threading.Thread(target=self.built) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.made.read_text().splitlines()), 2)
        self.assertEqual([path.name for path in kernels.iterdir() if path.name.startswith(("build", "partial"))], [])

    def test_tarball(self):
        subprocess.run(["tar", "-cf", self.folder / "x.tar.xz", "-C", self.folder, self.tree.name], check=True)
        self.assertEqual(self.built(self.folder / "x.tar.xz")[2], "7.3.4")
        (self.folder / "x.tar.xz").write_bytes(b"nothing")
        with self.assertRaisesRegex(Failure, "cannot unpack") as raised:
            self.built(self.folder / "x.tar.xz")
        self.assertEqual(raised.exception.status, ENVIRONMENT)

    def failure(self, pattern, status, use):
        with self.assertRaisesRegex(Failure, pattern) as raised:
            use()
        self.assertEqual(raised.exception.status, status)
        kernels = self.folder / "cache/memblock-bench/kernels"
        self.assertEqual([path.name for path in kernels.iterdir()] if kernels.exists() else ["lock"], ["lock"])
        return raised.exception

    def test_what_fails(self):
        environment(self, WITHOUT="KEXEC_HANDOVER=")
        self.failure("does not have CONFIG_KEXEC_HANDOVER$", ENVIRONMENT, self.built)
        environment(self, WITHOUT="nothing", BROKEN="yes")
        said = self.failure("building Linux 7.3.4 for x86 failed", ENVIRONMENT, self.built)
        self.assertEqual(said.details[0], "mm/memblock.c:1: error: no")
        self.version("6", "12")
        (self.tree / "mm/memfd_luo.c").unlink()
        self.failure("is Linux 6.12, which hands no memory files over", USAGE, self.built)
        (self.tree / "Makefile").unlink()
        self.failure("is not the source of a kernel", USAGE, self.built)

    def test_too_old(self):
        """That is seen by the number; and of a tarball its name is told, not the folder that it was unpacked into."""
        for given in ({"release": "6.12", "package": ""}, {"release": "", "package": "linux-source-6.12"}):
            options = types.SimpleNamespace(source="", **given)
            self.failure("--kexec: Linux 6.12 hands no memory files over; 7.3 does", USAGE,
                         lambda options=options: smallkernel.source_of(options, QUIET))
        (self.tree / "mm/memfd_luo.c").unlink()
        tarball = self.folder / "linux-source-7.1.tar"
        subprocess.run(["tar", "-cf", tarball, "-C", self.folder, self.tree.name], check=True)
        self.failure(f"'{tarball}' is Linux 7.3, which hands", USAGE, lambda: self.built(tarball))

    def test_missing_tools(self):
        asked = []
        smallkernel.need = lambda who, tools, prefix: asked.append((who, tools, prefix))
        self.built()
        self.assertEqual(asked[0][2], "x86_64-linux-gnu-")
        self.assertLess({"make", "flex", "bison", "bc"}, set(asked[0][1]))


class Packages(unittest.TestCase):
    """Since 7.0 the image is in a package of its own."""

    def test_newest(self):
        names = ["linux-image-7.3.4+deb13-amd64", "linux-binary-7.3.4+deb13-amd64", "linux-binary-7.3-amd64",
                 "linux-image-7.3.4+deb13-amd64-dbg", "linux-binary-7.2.11+deb13-amd64",
                 "linux-binary-7.3.4+deb13-cloud-amd64"]
        for release, flavour, name in (("7.3", "amd64", names[1]), ("7.2", "amd64", names[4]),
                                       ("7.3", "cloud-amd64", names[5]), ("7.4", "amd64", None)):
            self.assertEqual(debian.newest(names, release, flavour), name)

    def test_suites(self):
        for words, newer in (([], False), (["--release=6.1"], False), (["--release=7.3"], True),
                             (["--package=linux-image-6.12.9-amd64"], False),
                             (["--package=linux-binary-7.0.4+deb13-amd64=7.0.4-1"], True)):
            self.assertEqual(capture.is_newer(options_of(*words)), newer)

    def package(self, folder, path):
        tree = Path(folder) / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n")
        (tree / path).parent.mkdir(parents=True)
        (tree / path).write_text(path)
        with contextlib.suppress(FileNotFoundError):
            (Path(folder) / "x.deb").unlink()
        subprocess.run(["dpkg-deb", "-b", tree, Path(folder) / "x.deb"], check=True, stdout=subprocess.DEVNULL)
        return Path(folder) / "x.deb"

    @unittest.skipUnless(shutil.which("dpkg-deb"), "no dpkg-deb")
    def test_places(self):
        binary, image = "linux-binary-7.3.4+deb13-amd64", "linux-image-6.12.9-amd64-unsigned"
        with tempfile.TemporaryDirectory() as folder:
            for path, places in (
                    ("usr/lib/modules/7.3.4+deb13-amd64/vmlinuz", debian.image_places(binary, "vmlinuz")),
                    ("boot/vmlinuz-6.12.9-amd64", debian.image_places(image, "vmlinuz")),
                    ("usr/lib/debug/lib/modules/7.3.4+deb13-amd64/System.map", debian.symbols_places(binary)),
                    ("usr/lib/debug/boot/System.map-6.12.9-amd64", debian.symbols_places(image))):
                found = debian.extract(self.package(folder, path), places, folder)
                self.assertEqual(found.read_text(), path)
            self.assertIsNone(debian.extract(self.package(folder, "usr/lib/modules/x/vmlinuz"),
                                             debian.image_places(binary, "vmlinuz"), folder))


if __name__ == "__main__":
    unittest.main()
