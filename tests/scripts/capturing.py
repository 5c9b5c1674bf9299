# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of `memblock-bench capture` that need no QEMU: the debugger's protocol against a server made
here, tables of symbols, command lines, firmware tables, choice of packages, the console, and an exact
recording of a machine that is a few lines of Python."""
import io
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "workloads" / "capture"))

import calls  # noqa: E402  (the path comes first)
import capture  # noqa: E402
import catalogue  # noqa: E402
import children  # noqa: E402
import compare  # noqa: E402
import console  # noqa: E402
import debian  # noqa: E402
import exact  # noqa: E402
import gdbremote  # noqa: E402
import machines  # noqa: E402
import symbols  # noqa: E402
import tables  # noqa: E402
from failure import CHECK, ENVIRONMENT, USAGE, Failure, Progress  # noqa: E402

QUIET = Progress(io.StringIO())


class Server(threading.Thread):
    """The other side of the protocol: answers from a table, everything it was asked in a list."""

    def __init__(self, answers):
        super().__init__(daemon=True)
        self.mine, self.other = socket.socketpair()
        self.answers, self.asked = answers, []
        self.start()

    def received(self):
        try:
            return self.mine.recv(4096)
        except OSError:  # the test is over
            return b""

    def run(self):
        buffer = b""
        while data := self.received():
            buffer += data
            while match := re.search(rb"\$([^#]*)#([0-9a-f]{2})", buffer):
                buffer = buffer[match.end():]
                request = match[1].decode()
                self.asked.append(request)
                answer = self.answers(request)
                if answer is None:
                    self.mine.close()
                    return
                # In two pieces, as a stream may deliver it.
                raw = b"+" + (answer if isinstance(answer, bytes) else gdbremote.packet(answer))
                self.mine.sendall(raw[:3])
                time.sleep(0.001)
                self.mine.sendall(raw[3:])


class Protocol(unittest.TestCase):
    def client(self, answers):
        self.server = Server(answers)
        client = gdbremote.Client(self.server.other)
        self.addCleanup(self.server.mine.close)
        self.addCleanup(client.close)
        return client

    def test_packet(self):
        self.assertEqual(gdbremote.packet("OK"), b"$OK#9a")
        self.assertEqual(gdbremote.packet(""), b"$#00")

    def test_registers_and_memory(self):
        memory = bytes(i & 0xff for i in range(5000))

        def answers(request):
            if request == "g":
                return struct.pack("<3Q", 1, 2, 1 << 63).hex() + "00" * 8
            at, size = (int(x, 16) for x in request[1:].split(","))
            return memory[at:at + size].hex()

        client = self.client(answers)
        self.assertEqual(client.registers(3), (1, 2, 1 << 63))
        self.assertEqual(client.read_memory((16, 4500), (0, 0), (2, 3)),
                         [memory[16:4516], b"", memory[2:5]])
        self.assertEqual(self.server.asked[1:], ["m10,7d0", "m7e0,7d0", "mfb0,1f4", "m2,3"])

    def test_breakpoints(self):
        client = self.client(lambda r: "OK" if r[0] in "zZ" else "T05thread:01;")
        client.insert(0xff, 0x10)
        client.step_over(0xff)
        self.assertEqual(self.server.asked, ["Z0,ff,1", "Z0,10,1", "z0,ff,1", "s", "Z0,ff,1", "c"])

    def test_what_makes_no_sense(self):
        cases = ((lambda r: "E22", lambda c: c.insert(1)), (lambda r: "W00", lambda c: c.go()),
                 (lambda r: "hello", lambda c: c.go()), (lambda r: "00", lambda c: c.registers(1)),
                 (lambda r: "E14", lambda c: c.read_memory((0, 8))),
                 (lambda r: b"$OK#00", lambda c: c.insert(1)), (lambda r: None, lambda c: c.go()))
        for answers, use in cases:
            with self.assertRaises(gdbremote.ProtocolError):
                use(self.client(answers))


class Tables(unittest.TestCase):
    TEXT = """0000000000000000 D fixed_percpu_data
ffffffff81000000 T _text
ffffffff81000100 T memblock_reserve
ffffffff81000200 t memblock_double_array.constprop.0
ffffffff81000200 t memblock_double_array_not
ffffffff82000000 D memblock
""".splitlines()

    def test_symbols(self):
        table = symbols.Symbols(self.TEXT)
        self.assertEqual(table.get("memblock"), 0xffffffff82000000)
        self.assertIsNone(table.get("nothing"))
        self.assertEqual(table.find("memblock_double_array"), [0xffffffff81000200])
        self.assertEqual(table.where(0xffffffff81000123), "memblock_reserve+0x23")
        self.assertEqual(table.where(0x10), "0x10")

    def test_symbols_that_are_none(self):
        stub = ["ffffffffffffffff B The real System.map is in the linux-image-x-dbg package"]
        for lines in (stub, [], ["zz T memblock"], ["\x7fELF\x02 garbage"]):
            with self.assertRaises(Failure) as raised:
                symbols.Symbols(lines, "map")
            self.assertEqual(raised.exception.status, ENVIRONMENT)

    def test_srat(self):
        gib = 1 << 30
        body = tables.srat([2 * gib, 2 * gib, 4 * gib], [2], 3 * gib)
        self.assertEqual(len(body), 12 + 2 * 16 + 4 * 40)
        ranges = [struct.unpack_from("<BBIHQQIIQ", body, 44 + 40 * i) for i in range(4)]
        self.assertEqual([(r[2], r[4], r[5], r[7]) for r in ranges],
                         [(0, 0, 2 * gib, 1), (1, 2 * gib, gib, 1), (1, 4 * gib, gib, 1),
                          (2, 5 * gib, 4 * gib, 3)])

    def test_device_tree(self):
        def tree(structure, strings):
            head = [0xd00dfeed, 0, 40, 0, 0, 17, 16, 0, len(strings), len(structure)]
            head[4] = 40
            head[2] = 56
            head[3] = 56 + len(structure)
            head[1] = head[3] + len(strings)
            return struct.pack(">10I", *head) + bytes(16) + structure + strings

        plain = tree(struct.pack(">II", 1, 0) + struct.pack(">IIII", 3, 4, 0, 7) +
                     struct.pack(">II", 2, 9), b"model\0")
        changed = tables.add_reserved_nodes(plain, 5, 0x48000000)
        head = struct.unpack_from(">10I", changed)
        self.assertEqual(head[1], len(changed))
        nodes, depth, at, maps, regs = [], 0, head[2], 0, []
        while (token := struct.unpack_from(">I", changed, at)[0]) != 9:
            at += 4
            if token == 1:
                name = changed[at:changed.index(b"\0", at)].decode()
                nodes.append("/" * depth + name)
                depth += 1
                at += (len(name) + 4) // 4 * 4
            elif token == 2:
                depth -= 1
            else:
                size, offset = struct.unpack_from(">II", changed, at)
                name = changed[head[3] + offset:changed.index(b"\0", head[3] + offset)]
                maps += name == b"no-map"
                regs += [struct.unpack_from(">QQ", changed, at + 8)] if name == b"reg" else []
                at += 8 + (size + 3) // 4 * 4
        self.assertEqual(depth, 0)
        self.assertEqual(nodes[:3], ["", "/reserved-memory", "//range@48000000"])
        self.assertEqual((len(nodes), maps, regs[4]), (7, 2, (0x48100000, 0x10000)))
        with self.assertRaises(ValueError):
            tables.add_reserved_nodes(b"\0" * 100, 1, 0)


class Packages(unittest.TestCase):
    NAMES = ["linux-image-6.1.0-9-amd64", "linux-image-6.1.0-56-amd64",
             "linux-image-6.1.0-56-amd64-unsigned", "linux-image-6.1.0-60-rt-amd64",
             "linux-image-6.1.0-60-cloud-amd64", "linux-image-6.1.0-61-amd64-dbg",
             "linux-image-6.12.9+deb12-amd64", "linux-image-6.12.117+deb12-amd64",
             "linux-image-6.12.95+bpo-amd64", "linux-image-amd64", "linux-image-6.12-amd64"]

    def test_newest(self):
        for release, flavour, name in (
                ("6.1", "amd64", "linux-image-6.1.0-56-amd64-unsigned"),
                ("6.1", "cloud-amd64", "linux-image-6.1.0-60-cloud-amd64"),
                ("6.12", "amd64", "linux-image-6.12.117+deb12-amd64"),
                ("6.12", "rt-amd64", None), ("5.10", "amd64", None)):
            self.assertEqual(debian.newest(self.NAMES, release, flavour), name)

    def test_extract(self):
        if not shutil.which("dpkg-deb"):
            self.skipTest("no dpkg-deb")
        with tempfile.TemporaryDirectory() as top:
            tree = Path(top) / "tree"
            (tree / "DEBIAN").mkdir(parents=True)
            (tree / "DEBIAN/control").write_text(
                "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n")
            (tree / "boot").mkdir()
            (tree / "boot/vmlinuz-1").write_bytes(b"image")
            subprocess.run(["dpkg-deb", "-b", tree, Path(top) / "x.deb"], check=True,
                           stdout=subprocess.DEVNULL)
            found = debian.extract(Path(top) / "x.deb", "boot/vmlinuz-", top)
            self.assertEqual((found.name, found.read_bytes()), ("vmlinuz-1", b"image"))
            self.assertIsNone(debian.extract(Path(top) / "x.deb", "boot/vmlinux-", top))
            (Path(top) / "bad.deb").write_bytes(b"\x7fELF")
            self.assertIsNone(debian.extract(Path(top) / "bad.deb", "boot/", top))

    def test_no_network(self):
        """apt-get update succeeds where it reached nothing. Each attempt asks again."""
        with tempfile.TemporaryDirectory() as top:
            asked = Path(top) / "asked"
            for name, text in (("apt-get", "case $* in *indextargets*) echo 'Debian|http://x|y|main';; "
                                f"*) echo 'Err: no'; echo \"$*\" >>{asked};; esac"),
                               ("apt-cache", "exit 0"), ("dpkg-deb", "exit 0")):
                (Path(top) / name).write_text(f"#!/bin/sh\n{text}\n")
                (Path(top) / name).chmod(0o755)
            for variable, value in (("PATH", f"{top}:/bin:/usr/bin"), ("XDG_CACHE_HOME", top)):
                self.addCleanup(os.environ.__setitem__, variable, os.environ.get(variable, ""))
                os.environ[variable] = value
            for _ in range(2):
                with self.assertRaisesRegex(Failure, "is there a network") as raised:
                    debian.Archive("amd64", QUIET).image("6.12", "amd64", "", "vmlinuz")
                self.assertEqual(raised.exception.status, ENVIRONMENT)
                self.assertEqual(raised.exception.details, ["Err: no"])
            self.assertEqual(len(asked.read_text().splitlines()), 2)

    def test_catalogue(self):
        found = catalogue.Catalogue(SOURCE / "workloads/captured", SOURCE / "workloads/captured", "")
        names = [entry["name"] for entry in found.entries]
        self.assertEqual(len(names), len(set(names)))
        for entry in found.entries:
            capture.parse([*entry["options"], "-o", "x.trace.zst"])
            self.assertTrue(entry["shows"])
        traces = {path.name.split(".trace")[0]
                  for path in (SOURCE / "workloads/captured").glob("*.trace.zst")}
        self.assertEqual(traces - set(names), set(), "traces that catalogue.json does not have")
        self.assertEqual(traces - set(found.recorded), set(), "traces that recorded.json lacks")
        page = (SOURCE / "workloads/captured/MANIFEST.md").read_text()
        for name in traces:
            self.assertIn(f"| {name} |", page)
            self.assertIn(found.recorded[name]["digest"], page)

    def test_logs_of_exact_boots(self):
        """What a log does not tell is on the page, each difference with its reason."""
        bench, folder = os.environ.get("MEMBLOCK_BENCH"), SOURCE / "workloads/captured"
        if not bench:
            self.skipTest("no MEMBLOCK_BENCH")
        found = catalogue.Catalogue(folder, folder, bench)
        self.assertEqual([name for name, _, _ in found.logs()],
                         [e["name"] for e in found.entries if "--exact" in e["options"]])
        table = compare.table(found.logs(), bench)
        self.assertNotIn("not known", table)
        self.assertTrue(table in (folder / "MANIFEST.md").read_text(),
                        "MANIFEST.md is not what the importer makes of the logs now; see if it is better, "
                        "and run: python3 workloads/capture/catalogue.py --bench=PROGRAM --page")


    def test_logs_replay(self):
        """Each of these logs says where everything was: addresses and dumps, on array and on the kernel's code."""
        bench, folder = os.environ.get("MEMBLOCK_BENCH"), SOURCE / "workloads/captured"
        if not bench:
            self.skipTest("no MEMBLOCK_BENCH")
        found = catalogue.Catalogue(folder, folder, bench)
        for name, log, _ in found.logs():
            for metadata in "host", "self":
                def replay(variants, log=log, metadata=metadata):
                    return found.replay_check(log, [f"--variants={variants}", f"--metadata={metadata}",
                                                    "--format=json"])
                done = replay("array" if os.environ.get("MB_SANITIZED") == "1" else "array,linux")
                if done.returncode == 3:  # no source of that kernel here
                    done = replay("array")
                self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}{done.stdout}")
                for result in json.loads(done.stdout.splitlines()[0])["variants"]:
                    self.assertGreater(result["allocs"]["total"], 40, name)
                    self.assertEqual(result["allocs"]["total"], result["allocs"]["as_captured"], name)
                    self.assertGreater(result["dumps"]["total"], 0, name)
                    self.assertEqual(result["dumps"]["total"], result["dumps"]["matched"], name)


class CommandLines(unittest.TestCase):
    def command(self, *words):
        options = capture.parse([*words, "-o", "x.log"])
        with tempfile.TemporaryDirectory() as folder:
            line = machines.command(options, "/k/vmlinuz", folder)
            self.files = {path.name: path.stat().st_size for path in Path(folder).iterdir()}
        return line

    def refused(self, status, pattern, *words):
        with self.assertRaises(Failure) as raised:
            self.command(*words)
        self.assertEqual(raised.exception.status, status)
        self.assertRegex(str(raised.exception), pattern)

    def test_every_architecture(self):
        for arch, machine in machines.MACHINES.items():
            line = self.command(f"--arch={arch}", "--append=quiet_not")
            self.assertEqual(line[0], machine.qemu)
            self.assertIn("-no-reboot", line)
            self.assertEqual(line[line.index("-kernel") + 1], "/k/vmlinuz")
            self.assertRegex(line[-1], r"memblock=debug.* panic=-1 quiet_not$")
            self.assertGreater(self.files["ramdisk.cpio"], 1 << 20)

    def test_nodes(self):
        line = " ".join(self.command("--memory=8G", "--numa=2G,0,6G"))
        self.assertIn("-smp 2,sockets=2", line)
        self.assertIn("memory-backend-ram,id=m2,size=6144M,reserve=off", line)
        self.assertIn("-numa node,nodeid=1 -object", line)
        line = self.command("--memory=127G", "--numa=127")
        self.assertEqual(sum("memory-backend-ram" in word for word in line), 127)

    def test_hotplug_and_holes(self):
        line = " ".join(self.command("--memory=8G", "--numa=4", "--hotplug=1,3", "--initrd=none"))
        self.assertNotIn("-numa", line)
        self.assertIn("sig=SRAT,rev=3", line)
        self.assertEqual(list(self.files), ["srat.bin"])
        self.assertTrue(self.command("--holes=3")[-1].endswith("memmap=4K$256M,4K$258M,4K$260M"))
        self.assertEqual(machines.parse_hotplug("2", [1, 1, 1, 1]), [2, 3])

    def test_refused(self):
        for pattern, *words in (
                ("'ovmf'; s390x has ipl", "--arch=s390x", "--firmware=ovmf"),
                ("s390x machine has no nodes", "--arch=s390x", "--numa=2"),
                ("--hotplug: only", "--arch=arm64", "--numa=2", "--hotplug=1"),
                ("never node 0", "--numa=2", "--hotplug=2"),
                ("must add up", "--numa=1G,1G"), ("1 to 128", "--numa=900"),
                ("'4X'", "--memory=4X"), ("multiple of 256M", "--arch=ppc64le", "--memory=100M"),
                ("no such file", "--initrd=nothing"), ("invalid choice", "--arch=vax"),
                ("x86_64 and arm64", "--arch=i386", "--exact"), ("'x.log' does not end", "--exact"),
                ("cannot read", "--kernel=/nowhere"), ("one of them", "--kernel=x", "--package=y"),
                ("--holes", "--arch=arm64", "--holes=2"), ("--reserved", "--reserved=2"),
                ("unrecognized", "--nothing")):
            self.refused(USAGE, re.escape(pattern), *words)
        for pattern, *words in (("needs --symbols", "--exact", "--kernel=/dev/null", "-ox.trace"),
                                ("cannot write", "-o/nowhere/x.log")):
            with self.assertRaisesRegex(Failure, pattern):
                capture.parse(words)


class FakeQemu(unittest.TestCase):
    """A shell script in place of QEMU."""
    BOOT = ("[    0.0] Linux version 6.12.1 (x)\r\nmemblock_add: [0x1000-0x1fff] a+0x1/0x2\r\n"
            "[    0.1] Memory: 10K/20K available (1K kernel code)\r\n")

    def boot(self, script, timeout=20):
        program = ["/bin/sh", "-c", script]
        with console.Console(program, "p", QUIET, timeout) as running:
            self.process = running.process
            running.run()
            return running

    def failure(self, script, timeout=20):
        with self.assertRaises(Failure) as raised:
            self.boot(script, timeout)
        self.assertIsNotNone(self.process.poll())
        self.assertEqual(raised.exception.status, CHECK)
        return raised.exception

    def test_boots(self):
        found = self.boot(f"printf '%b' '{self.BOOT}'; echo 'Freeing unused kernel image'; "
                          "exec sleep 100")
        self.assertEqual(found.memblock, 1)
        self.assertNotIn(b"\r", found.log)
        self.assertEqual(found.kernel_version(), "6.12.1 (x)")
        self.assertIsNotNone(self.process.poll())

    def test_does_not_boot(self):
        said = self.failure("echo 'Kernel panic - not syncing: no'; echo bad >&2")
        self.assertRegex(str(said), "handed its memory over")
        self.assertEqual(said.details, ["  qemu: bad", "  | Kernel panic - not syncing: no"])
        self.assertRegex(str(self.failure("echo hello; exec sleep 100", 1)), "within 1 s")
        said = self.failure("true")
        self.assertEqual(said.details, ["  | nothing was printed"])
        said = self.failure("printf 'Memory: 1K/2K available\\nRun /init as init process\\n'")
        self.assertRegex(str(said), "no memblock line")

    def test_qemu_refuses(self):
        with self.assertRaises(Failure) as raised:
            self.boot("echo 'qemu: no such machine' >&2; exit 1")
        self.assertEqual(raised.exception.status, ENVIRONMENT)
        self.assertRegex(str(raised.exception), "does not start: qemu: no such machine$")

    def test_no_qemu(self):
        with self.assertRaises(Failure) as raised:
            console.Console(["qemu-system-none"], "qemu-system-x86", QUIET, 1)
        self.assertEqual(raised.exception.status, ENVIRONMENT)
        self.assertRegex(str(raised.exception), "apt install qemu-system-x86$")


class Interrupted(unittest.TestCase):
    """A signal in the moment in which a program is started; whatever is started is gone afterwards."""

    def setUp(self):
        self.processes, test = [], self
        for number in children.SIGNALS:
            self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))
        plain = subprocess.Popen

        class Popen(plain):
            """Runs, and nobody has been told."""
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                test.processes.append(self)
                test.started()

        subprocess.Popen = Popen
        self.addCleanup(setattr, subprocess, "Popen", plain)
        self.addCleanup(self.kill)

    def kill(self):
        for process in self.processes:
            process.kill()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()

    def capture(self, number):
        """The exit status of a capture in which the signal comes as soon as QEMU runs."""
        with tempfile.TemporaryDirectory() as folder:
            qemu = Path(folder) / "qemu-system-x86_64"
            qemu.write_text("#!/bin/sh\nexec sleep 100\n")
            qemu.chmod(0o755)
            path = os.environ["PATH"]
            self.addCleanup(os.environ.__setitem__, "PATH", path)
            os.environ["PATH"] = f"{folder}:{path}"
            self.started = lambda: os.kill(os.getpid(), number)
            for other in children.SIGNALS:
                signal.signal(other, signal.SIG_DFL)
            with self.assertRaises(SystemExit) as raised:
                capture.main(["--kernel=/dev/null", "-o", f"{folder}/x.log"])
            self.assertEqual([path.name for path in Path(folder).iterdir()], [qemu.name])
        return raised.exception.code

    def test_start(self):
        for number in children.SIGNALS:
            self.assertEqual(self.capture(number), 128 + number)
            self.assertEqual(self.processes[-1].returncode, -signal.SIGKILL)

    def test_after_start(self):
        """What comes after the start fails."""
        self.started = lambda: None
        plain = os.set_blocking

        def fail(*_):
            raise OSError("no")

        self.addCleanup(setattr, os, "set_blocking", plain)
        os.set_blocking = fail
        with self.assertRaises(OSError):
            with console.Console(["sleep", "100"], "p", QUIET, 1):
                pass
        children.stop_all()
        self.assertEqual(self.processes[-1].returncode, -signal.SIGKILL)

    def test_child_takes_signals(self):
        self.started = lambda: None
        with children.start(["sleep", "100"]) as process:
            process.terminate()
        self.assertEqual(process.returncode, -signal.SIGTERM)


class ExactRecording(unittest.TestCase):
    """memblock in a dictionary: each step of the machine is a change to it and a stop."""
    CODE, DATA, ARRAY, STACK = 0xffffffff81000000, 0xffffffff82000000, 0xffffffff83000000, 0x7000

    def table(self):
        lines = [f"{self.CODE + 0x100 * i:x} T {name}" for i, name in enumerate(
            ["_text", "memblock_add", "memblock_reserve", "memblock_alloc_try_nid", "setup_arch",
             "memblock_free_all", "memblock_double_array"])]
        return symbols.Symbols(lines + [f"{self.DATA:x} D memblock",
                                        f"{self.DATA + 0x100:x} D phys_base",
                                        f"{self.DATA + 0x108:x} D page_offset_base"])

    def setUp(self):
        self.memory, self.reserved, self.slots, self.array = [], [], 1, self.ARRAY + 0x100
        self.bottom_up, self.limit = False, calls.ANYWHERE
        self.table_ = self.table()
        self.stops, self.at = [], -1

    # -- what the recorder asks of its client

    def read_memory(self, *ranges):
        return [self.bytes_at(*where) for where in ranges]

    def bytes_at(self, address, size):
        if address == self.DATA:
            return calls.MEMBLOCK.pack(self.bottom_up, self.limit, len(self.memory), 128,
                                       sum(r[1] for r in self.memory), self.ARRAY, 0,
                                       len(self.reserved), self.slots,
                                       sum(r[1] for r in self.reserved), self.array, 0)
        if address in (self.ARRAY, self.array):
            rows = self.memory if address == self.ARRAY else self.reserved
            return b"".join(calls.REGION.pack(*row) for row in rows)[:size]
        if address == self.DATA + 0x108:
            return struct.pack("<Q", 0xffff888000000000)
        if address == self.STACK:
            return struct.pack("<Q", self.table_.get("setup_arch") + 0x42)
        return bytes(size)

    def registers(self, count):
        name, arguments, value = self.stops[self.at][:3]
        found = [0] * count
        for place, argument in zip((5, 4, 3, 2, 8, 9), arguments):
            found[place] = argument
        found[0], found[7] = value, self.STACK + (8 if name is None else 0)
        found[16] = self.table_.get(name) if name else self.table_.get("setup_arch") + 0x42
        return found

    def insert(self, *addresses):
        pass

    remove = insert

    def go(self):
        self.at += 1
        if self.at == len(self.stops):
            raise exact.Over
        self.stops[self.at][3]()

    def step_over(self, address):
        del address
        self.go()

    def test_record(self):
        def do(**change):
            return lambda: self.__dict__.update(change)

        ranges = [(0x100000, 0x1000, 0, 1024), (0x1ff000, 0x1000, 0, 1024)]
        grown = 0xffff888000100000
        self.stops = [
            ("memblock_add", (0x1000, 0x1ff000), 0, do()),
            (None, (), 0, do(memory=[(0x1000, 0x1ff000, 0, 1024)])),
            ("memblock_reserve", (0x100000, 0x1000), 0, do(bottom_up=True)),
            (None, (), 0, do(reserved=ranges[:1])),
            ("memblock_alloc_try_nid", (4096, 64, 0, 0, (1 << 32) - 1), 0, do()),
            ("memblock_double_array", (), 0, do()),
            (None, (), 0xffff8880001ff000, do(reserved=ranges, slots=2, array=grown)),
            ("memblock_alloc_try_nid", (1 << 40, 64, 0, calls.ANYWHERE, 3), 0, do()),
            (None, (), 0, do()),
            ("memblock_free_all", (), 0, do()),
            (None, (), 0, do()),
        ]
        recorder = exact.Recorder(exact.X86(self.table_), self.table_, self)
        running = types.SimpleNamespace(check_time=lambda: None, log=b"Linux version 6.12.1 (x)\n",
                                        kernel_version=lambda: "6.12.1 (x)")
        with self.assertRaises(exact.Over):
            exact.follow(running, self, recorder, lambda count: None)
        text = exact.Recording(recorder, running, types.SimpleNamespace(append="movable_node"),
                               4096).text("x")
        dump = ["dump", " size 0x1ff000 0x2000", " memory 0x1000 0x1ff000 x none",
                " reserved 0x100000 0x1000 x none", " reserved 0x1ff000 0x1000 x none", "end"]
        self.assertEqual(text.split("\n\n")[1].splitlines(), [
            "add 0x1000 0x1ff000 ; caller=setup_arch+0x42",
            "set_bottom_up 1",
            "reserve 0x100000 0x1000 ; caller=setup_arch+0x42",
            "alloc 4096 0x40 0x0 accessible -1 => 0x1ff000 ; caller=setup_arch+0x42",
            "grew reserved 2 0x100000 0x1000", *dump,
            f"alloc {1 << 40} 0x40 0x0 anywhere 3 => failed ; caller=setup_arch+0x42",
            "free_all ; caller=setup_arch+0x42", *dump])
        self.assertIn("movable_node=1 keep_memblock=1", text)
        self.assertEqual(recorder.warnings, [])
        bench = os.environ.get("MEMBLOCK_BENCH")
        if bench:
            Path("recorded").write_text(text)
            subprocess.run([bench, "import", "recorded", "-o", "recorded.trace"], check=True,
                           stdout=subprocess.DEVNULL)

    def test_compare(self):
        self.assertEqual(compare.compare(["add", "b", "a", "x"], ["a", "add", "b", "c"]),
                         [("~", "a"), ("-", "c"), ("+", "x")])
        self.assertEqual(compare.compare(["a", "a"], ["a", "a"]), [])
        self.assertRegex(compare.reason("-", "trim 0x1000"), "changes nothing")
        self.assertIsNone(compare.reason("+", "trim 0x1000"))

    def test_words(self):
        self.assertEqual(calls.flags_text(0), "none")
        self.assertEqual(calls.flags_text(0x105), "hotplug|nomap|0x100")
        for version, profile in (("6.1.0-56-amd64", "6.1"), ("6.12.1", "6.12"), ("6.18", "new"),
                                 (None, "6.12")):
            self.assertEqual(calls.profile_of(version), profile)
        arguments = (0x1000, 0x2000, self.DATA + 56, 1)
        recorder = exact.Recorder(exact.X86(self.table_), self.table_, self)
        self.assertEqual(calls.call_text("memblock_set_node", arguments, None, recorder.collection),
                         "set_node reserved 0x1000 0x2000 1")
        self.assertEqual(calls.call_text("memblock_set_current_limit", (0,), None, None),
                         "set_limit 0x0")


if __name__ == "__main__":
    unittest.main()
