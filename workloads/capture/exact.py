# SPDX-License-Identifier: GPL-2.0-or-later
"""An exact recording: every call that changes memblock, from the running kernel.

QEMU is started stopped, with its debugger interface on. A breakpoint is set on the entry of every
function of calls.py. Where one is met

  - outside of any other: the arguments are read from registers, memblock's structure and both arrays
    of regions from memory, and a breakpoint is set on the return address. There, with the stack
    pointer that belongs to this call, the result and the state are read again;
  - inside another, it is passed over, and only looked whether an array grew meanwhile.

Setters that the compiler made inline show as a difference between the state after one call and before
the next. So nothing is worked out: the trace has no operation with a `why=`.
"""
import struct
from pathlib import Path

from calls import (CALLS, COLLECTIONS, MEMBLOCK, REGION, SCRATCH, State, call_text, changes_between,
                   profile_of)
from console import Console
from gdbremote import Client, ProtocolError
from symbols import Symbols

DUMP_EVERY = 100  # operations between checkpoints that the kernel does not make itself
NODES_MAX = 1024  # until the first region shows it


class X86:
    """Registers as the protocol orders them: rax rbx rcx rdx rsi rdi rbp rsp r8-r15 rip."""
    registers = 17
    page = 4096
    image_base = 0xffffffff80000000

    def __init__(self, symbols):
        self.symbols = symbols

    @staticmethod
    def arguments(r):
        return [r[i] for i in (5, 4, 3, 2, 8, 9)]

    result, pc, sp = (staticmethod(lambda r, i=i: r[i]) for i in (0, 16, 7))

    @staticmethod
    def return_address(r, client):
        """And the stack pointer after the return."""
        data = client.read_memory((r[7], 8))[0]
        return struct.unpack("<Q", data)[0], r[7] + 8

    def physical(self, pointer, client):
        name = "phys_base" if pointer >= self.image_base else "page_offset_base"
        data = client.read_memory((self.symbols.get(name), 8))[0]
        value = struct.unpack("<Q", data)[0]
        if pointer >= self.image_base:
            return pointer - self.image_base + value
        return pointer - value


class Arm64:
    """x0-x30 sp pc.

    The direct map begins at -2^48 or, in a kernel that is configured for 52 bits, at -2^52, with
    memstart_addr lowered where the processor has 48. Both differ by multiples of 2^48, and no machine
    of QEMU has memory that high.
    """
    registers = 33
    linear = 0xfff0000000000000
    linear_end = 0xffff800000000000
    physical_bits = 48

    def __init__(self, symbols):
        self.symbols = symbols
        self.page = 4096

    arguments = staticmethod(lambda r: r[:6])
    result, pc, sp = (staticmethod(lambda r, i=i: r[i]) for i in (0, 32, 31))

    @staticmethod
    def return_address(r, client):
        del client
        return r[30], r[31]

    def physical(self, pointer, client):
        linear = self.linear <= pointer < self.linear_end
        name = "memstart_addr" if linear else "kimage_voffset"
        data = client.read_memory((self.symbols.get(name), 8))[0]
        value = struct.unpack("<Q", data)[0]
        address = pointer + value if linear else pointer - value
        return address & (1 << self.physical_bits) - 1


class Recorder:
    """What has been recorded so far."""

    def __init__(self, cpu, symbols, client):
        self.cpu = cpu
        self.symbols = symbols
        self.client = client
        self.lines = []
        self.operations = self.since_dump = 0
        self.nodes_max = None  # the node of a new region: none, which is written as their number
        self.warnings = []
        self.last = None      # state after the last call
        self.first = None     # state before the first
        self.grown = {which: None for which in COLLECTIONS}  # base, size of an array not static
        self.base = symbols.get("memblock")
        self.entries = {symbols.get(name): name for name in CALLS if symbols.get(name)}
        self.inside = symbols.find("memblock_double_array")
        self.awaits_areas = False  # the kernel was handed a list of scratch areas, not yet recorded

    def state(self):
        head = self.client.read_memory((self.base, MEMBLOCK.size))[0]
        return State(head, self.client.read_memory)

    def physical(self, pointer):
        return self.cpu.physical(pointer, self.client) if pointer else 0

    def collection(self, pointer):
        at = pointer - self.base
        return {16: "memory", 56: "reserved"}.get(at, "physmem")

    def note(self, text, caller=None):
        self.lines.append(text + (f" ; caller={caller}" if caller else ""))
        self.operations += 1
        self.since_dump += 1

    def dump(self, state, caller=None):
        text = state.dump_text(self.nodes_max or NODES_MAX)
        if caller:
            text[0] += f" ; caller={caller}"
        self.lines += text
        self.operations += 1
        self.since_dump = 0

    def growth(self, before, after):
        """The growths between two states; they are operations behind the call that they are inside."""
        found = []
        for which in COLLECTIONS:
            if before.max[which] == after.max[which]:
                continue
            size = after.max[which] * REGION.size
            size += -size % self.cpu.page
            base = self.physical(after.array[which])
            old = self.grown[which]
            text = f"grew {which} {after.max[which]} {base:#x} {size:#x}"
            found.append(text + (f" old={old[0]:#x}:{old[1]:#x}" if old else ""))
            self.grown[which] = (base, size)
        return found

    def between(self, state):
        """What changed since the last call returned."""
        if self.last is None:
            self.first = state
            if any(state.regions.values()):
                self.warnings.append("there were regions before the first call that was seen")
            return
        for text, certain in changes_between(self.last, state):
            if certain:
                self.note(text)
            else:
                self.warnings.append(f"operation {self.operations}: {text}")

    def scratch_areas(self):
        """The list of scratch areas of a handover, as soon as the kernel has mapped it."""
        at = [self.symbols.need(name) for name in ("kho_scratch", "kho_scratch_cnt")]
        pointer, count = (int.from_bytes(data, "little")
                          for data in self.client.read_memory((at[0], 8), (at[1], 4)))
        if pointer:
            self.awaits_areas = False
            areas = self.client.read_memory((pointer, count * SCRATCH.size))[0]
            for base, size in SCRATCH.iter_unpack(areas):
                self.note(f"scratch_area {base:#x} {size:#x}")

    def call(self, name, registers):
        """One outermost call, from its entry to its return. False where the machine ended inside."""
        caller_at, sp = self.cpu.return_address(registers, self.client)
        caller = self.symbols.where(caller_at)
        before = self.state()
        self.between(before)
        if self.awaits_areas:
            self.scratch_areas()
        text = call_text(name, self.cpu.arguments(registers), self.physical, self.collection)
        entry = self.cpu.pc(registers)
        here = {caller_at, *self.inside, *self.entries}
        self.client.insert(caller_at, *self.inside)
        growths, last = [], before
        self.client.step_over(entry)
        while True:
            registers = self.client.registers(self.cpu.registers)
            pc = self.cpu.pc(registers)
            if pc == caller_at and self.cpu.sp(registers) == sp:
                break
            state = self.state()
            growths += self.growth(last, state)
            last = state
            if pc in here:
                self.client.step_over(pc)
            else:
                self.client.go()
        self.client.remove(caller_at, *self.inside)
        after = self.state() if name != "memblock_discard" else last
        growths += self.growth(last, after)
        self.finish(name, text, caller, after, registers, growths)

    def finish(self, name, text, caller, after, registers, growths):
        if not self.nodes_max and name in ("memblock_add", "memblock_reserve"):
            self.nodes_max = max((r[3] for which in COLLECTIONS for r in after.regions[which]),
                                 default=0)
        result = CALLS[name][2]
        value = self.cpu.result(registers)
        if result:
            address = self.physical(value) if result == "v" else value
            text += f" => {address:#x}" if address else " => failed"
        self.awaits_areas = self.awaits_areas or text == "scratch_only 1"
        if text == "dump":
            self.dump(after, caller)
        else:
            self.note(text, caller)
        for growth in growths:
            self.note(growth)
        if growths or name == "memblock_free_all" or self.since_dump >= DUMP_EVERY:
            self.dump(after)
        self.last = after


class Recording:
    """A finished recording: the trace, and the console."""

    def __init__(self, recorder, console, options, page):
        self.recorder = recorder
        self.console = bytes(console.log)
        self.kernel = console.kernel_version()
        self.options = options
        self.page = page
        self.warnings = recorder.warnings

    def text(self, name):
        """The trace file. Without its digest, which the importer adds."""
        first, words = self.recorder.first, self.options.append.split()
        machine = (f"machine: addr_bits=64 page_size={self.page} cache_line=64 "
                   f"max_numnodes={self.recorder.nodes_max or NODES_MAX} "
                   f"memory_slots={first.max['memory']} "
                   f"reserved_slots={first.max['reserved']}")
        if "movable_node" in words:
            machine += " movable_node=1"
        if "kernelcore=mirror" in words:
            machine += " kernelcore_mirror=1"
        if not self.recorder.symbols.get("memblock_discard"):
            machine += " keep_memblock=1"
        head = ["memblock-trace 2", f"source: {name} (exact)", f"kernel: {self.kernel}",
                f"profile: {profile_of(self.kernel)}", machine]
        head += [f"warning: @0 {text}" for text in self.warnings]
        return "\n".join([*head, "", *self.recorder.lines]) + "\n"


def follow(console, client, recorder, progress, after=None):
    """Record until memblock is given up, or its part is over; from when the function at after was
    reached, if there is one."""
    if after:
        client.insert(after)
        client.go()
        client.remove(after)
    client.insert(*recorder.entries)
    client.go()
    while True:
        registers = client.registers(recorder.cpu.registers)
        name = recorder.entries.get(recorder.cpu.pc(registers))
        if name:
            recorder.call(name, registers)
            if name == "memblock_discard":
                return
        progress(recorder.operations)
        console.check_time()
        client.go()


class Over(Exception):
    """The console says that no more calls will come."""


def record(command, machine, options, symbols_path, folder, progress, begins=None, after=None):
    """Boot command with its debugger interface on and record it: the whole boot, or what comes after the
    function that is named and, on the console, after the line that matches begins."""
    symbols = Symbols(Path(symbols_path).read_text(encoding="latin-1").splitlines(), symbols_path)
    cpu = X86(symbols) if options.arch == "x86_64" else Arm64(symbols)
    if options.arch == "arm64" and "16k" in str(symbols_path):
        cpu.page = 16384
    path = str(Path(folder) / "gdb")
    command = [*command, "-S", "-gdb", f"unix:{path},server=on,wait=off"]
    with Console(command, machine.package, progress, options.timeout, begins) as console:
        client = recorder = None
        try:
            while not client:
                client = Client.connect(path, lambda: wait(console, client, recorder))
                if not console.read(0 if client else 0.05):
                    raise console.complain("QEMU did not start:")
                console.check_time()
            console.selector.register(client.connection, 1)
            client.ask("?")
            recorder = Recorder(cpu, symbols, client)
            follow(console, client, recorder,
                   lambda count: console.report(f", {count} operations"), after and symbols.need(after))
        except Over:
            pass
        except ProtocolError as error:
            console.read(0.2)
            console.check_begun()
            raise console.complain(f"the recording broke off ({error}); the end of the console:") \
                from error
        finally:
            if client:
                client.close()
        if recorder.last is None:
            raise console.complain("no call of memblock was seen; do the symbols belong to this "
                                   "kernel? The end of its console:")
        if not any(line.startswith("free_all") for line in recorder.lines):
            raise console.complain("the kernel stopped before it handed its memory over; the end of "
                                   "its console:")
        return Recording(recorder, console, options, cpu.page)


def wait(console, client, recorder):
    """Take console output until the debugger interface has something to say."""
    while True:
        ready = [key.fileobj for key, _ in console.selector.select(1)]
        if console.process.stdout in ready:
            console.read(0)
        if client.connection in ready:
            return
        console.report(f", {recorder.operations if recorder else 0} operations")
        console.check_time()
        if console.over and recorder and recorder.last:
            raise Over
        if console.process.poll() is not None and not ready:
            raise ProtocolError("QEMU has ended")
