# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines that can be captured: what QEMU is started with, and what the kernel is told.

command() turns options into a command line and touches nothing but the files it is given to write:
a small initial ramdisk, the variables of UEFI firmware, an SRAT table, a device tree.
"""
import re
import subprocess
from pathlib import Path

from failure import ENVIRONMENT, USAGE, Failure
from ramdisk import write_ramdisk
from tables import add_reserved_nodes, srat

MIB = 1 << 20


class Machine:
    """An architecture: QEMU's program and defaults, Debian's names, where the console is."""

    def __init__(self, qemu, package, debian, flavours, kernel, arguments, console, firmware,
                 node_unit=MIB, nodes=True):
        self.qemu = qemu            # program
        self.package = package      # that has it
        self.debian = debian        # architecture of packages
        self.flavours = flavours    # kernel packages, the default first
        self.kernel = kernel        # name of the image below boot/
        self.arguments = arguments  # of QEMU
        self.console = console      # kernel arguments
        self.firmware = firmware    # names, the default first
        self.node_unit = node_unit  # a node's size is a multiple of it
        self.nodes = nodes          # QEMU can give it nodes


X86 = ("earlyprintk=serial,ttyS0,115200 console=ttyS0,115200 memblock=debug ignore_loglevel "
       "log_buf_len=4M nokaslr")

MACHINES = {
    "x86_64": Machine("qemu-system-x86_64", "qemu-system-x86", "amd64", ("amd64", "cloud-amd64"),
                      "vmlinuz", [], X86, ("bios", "ovmf")),
    "i386": Machine("qemu-system-i386", "qemu-system-x86", "i386", ("686", "686-pae"), "vmlinuz",
                    [], X86, ("bios",)),
    "arm64": Machine("qemu-system-aarch64", "qemu-system-arm", "arm64",
                     ("arm64", "cloud-arm64", "arm64-16k"), "vmlinuz",
                     ["-machine", "virt", "-cpu", "cortex-a57"],
                     # A longer log buffer is not survived by 6.12 on this machine, nor needed: the
                     # early console prints at once.
                     "earlycon=pl011,0x9000000 console=ttyAMA0 memblock=debug ignore_loglevel nokaslr",
                     ("dt", "aavmf")),
    "ppc64le": Machine("qemu-system-ppc64", "qemu-system-ppc", "ppc64el", ("powerpc64le",),
                       "vmlinux", ["-machine", "pseries", "-cpu", "power9"],
                       "console=hvc0 memblock=debug ignore_loglevel log_buf_len=4M nokaslr",
                       ("slof",), 256 * MIB),
    "s390x": Machine("qemu-system-s390x", "qemu-system-misc", "s390x", ("s390x",), "vmlinuz",
                     ["-machine", "s390-ccw-virtio", "-cpu", "max"],
                     # A longer log buffer loses lines when the console changes.
                     "earlyprintk=sclp console=ttysclp0 memblock=debug ignore_loglevel", ("ipl",),
                     nodes=False),
}

# Code and variables of UEFI firmware, and the package that has them.
UEFI = {
    "ovmf": ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", "ovmf"),
    "aavmf": ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd",
              "qemu-efi-aarch64"),
}


def parse_size(option, text, unit=1):
    """Bytes of '4G', '512M', '65536'."""
    match = re.fullmatch(r"(\d+)([KMGT]?)B?", text, re.I)
    size = int(match[1]) << (10 * " KMGT".index(match[2].upper() or " ")) if match else 0
    if not size or size % unit or size >= 1 << 48:
        raise Failure(USAGE, f"capture: --{option}: '{text}'; a size such as 4G or 512M"
                      + (f", a multiple of {unit // MIB}M" if unit > MIB else ""))
    return size


def parse_nodes(machine, memory, text):
    """Sizes of the nodes: of N equal ones, or of those listed (0: a node without memory)."""
    if not text:
        return []
    if "," in text or re.search(r"[KMGT]", text, re.I):
        sizes = [0 if part == "0" else parse_size("numa", part, machine.node_unit)
                 for part in text.split(",")]
        if sum(sizes) != memory:
            raise Failure(USAGE, f"capture: --numa: '{text}'; the sizes must add up to --memory")
        return sizes
    if not text.isdecimal() or not 1 <= int(text) <= 128:
        raise Failure(USAGE, f"capture: --numa: '{text}'; 1 to 128 nodes, or their sizes: 2G,1G,1G")
    count = int(text)
    each = memory // count // machine.node_unit * machine.node_unit
    if not each:
        raise Failure(USAGE, f"capture: --numa: '{text}'; a node needs "
                      f"{machine.node_unit // MIB} MiB of --memory")
    return [each] * (count - 1) + [memory - each * (count - 1)]


def parse_hotplug(text, nodes):
    """The numbers of the hot-pluggable nodes: the last N, or those listed."""
    if not text:
        return []
    parts = text.split(",")
    if not all(part.isdecimal() for part in parts):
        raise Failure(USAGE, f"capture: --hotplug: '{text}'; how many of the nodes, or which: 2,3")
    numbers = [int(part) for part in parts]
    if len(numbers) == 1 and text == parts[0] and not text.startswith("0"):
        numbers = list(range(max(0, len(nodes) - numbers[0]), len(nodes)))
    if not numbers or 0 in numbers or max(numbers) >= len(nodes):
        raise Failure(USAGE, f"capture: --hotplug: '{text}'; of the {len(nodes)} nodes of --numa, "
                      "and never node 0")
    return numbers


# ---- files that QEMU reads -----------------------------------------------------------------------

def uefi_arguments(firmware, folder):
    code, variables, package = UEFI[firmware]
    for path in (code, variables):
        if not Path(path).exists():
            raise Failure(ENVIRONMENT, f"capture: no firmware '{path}'; install it with: "
                          f"apt install {package}")
    copy = Path(folder) / "variables.fd"
    copy.write_bytes(Path(variables).read_bytes())
    return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,unit=1,file={copy}"]


def reserved_tree(program, arguments, count, folder):
    """QEMU's own device tree with count reserved-memory nodes; the path of the new one."""
    plain, changed = Path(folder) / "plain.dtb", Path(folder) / "reserved.dtb"
    dump = [program, *arguments]
    at = dump.index("-machine") + 1
    dump[at] += f",dumpdtb={plain}"
    done = subprocess.run(dump, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if not plain.exists():
        raise Failure(ENVIRONMENT, "capture: QEMU does not write its device tree: "
                      + done.stderr.decode(errors="replace").strip())
    changed.write_bytes(add_reserved_nodes(plain.read_bytes(), count, 0x48000000))
    return changed


# ---- the command line ----------------------------------------------------------------------------

def firmware_of(arch, name):
    machine = MACHINES[arch]
    name = name or machine.firmware[0]
    if name not in machine.firmware:
        raise Failure(USAGE, f"capture: --firmware: '{name}'; {arch} has "
                      + " and ".join(machine.firmware))
    return name


def memory_arguments(machine, memory, nodes, by_table):
    """Memory that the host gives when it is touched, in the nodes asked for."""
    arguments = ["-m", f"{memory // MIB}M"]
    if not nodes or by_table:
        if memory > 8 << 30:
            arguments += ["-object", f"memory-backend-ram,id=m0,size={memory // MIB}M,reserve=off",
                          "-machine", "memory-backend=m0"]
        return arguments
    for number, size in enumerate(nodes):
        node = f"node,nodeid={number}"
        if size:
            arguments += ["-object",
                          f"memory-backend-ram,id=m{number},size={size // MIB}M,reserve=off"]
            node += f",memdev=m{number}"
        arguments += ["-numa", node]
    # Else QEMU spreads the two processors over the nodes by itself, and says so on each line.
    if machine.debian == "amd64" and len(nodes) > 1:
        arguments += ["-numa", "cpu,node-id=0,socket-id=0", "-numa", "cpu,node-id=1,socket-id=1"]
    return arguments


def below_hole(memory, firmware):
    """How much of a PC's memory QEMU puts below 4 GiB: pc for BIOS, q35 for UEFI."""
    if firmware == "ovmf":
        return 2 << 30 if memory >= 0xb0000000 else memory
    return 3 << 30 if memory >= 0xe0000000 else memory


class Layout:
    """What the options of a capture come to; a Failure if they do not."""

    def __init__(self, options):
        machine = self.machine = MACHINES[options.arch]
        self.firmware = firmware_of(options.arch, options.firmware)
        self.memory = parse_size("memory", options.memory, machine.node_unit)
        self.nodes = parse_nodes(machine, self.memory, options.numa)
        self.hotplug = parse_hotplug(options.hotplug, self.nodes)
        if self.nodes and not machine.nodes:
            raise Failure(USAGE, f"capture: --numa: QEMU's {options.arch} machine has no nodes")
        if self.hotplug and machine.debian != "amd64":
            raise Failure(USAGE, "capture: --hotplug: only with --arch=x86_64")
        if options.holes and options.arch not in ("x86_64", "i386"):
            raise Failure(USAGE, "capture: --holes: only with --arch=x86_64 or i386")
        if options.reserved and (options.arch, self.firmware) != ("arm64", "dt"):
            raise Failure(USAGE, "capture: --reserved: only with --arch=arm64 and its device tree")
        self.initrd = 0
        if re.fullmatch(r"\d+[KMG]", options.initrd):
            self.initrd = parse_size("initrd", options.initrd)
        elif options.initrd != "none" and not Path(options.initrd).is_file():
            raise Failure(USAGE, f"capture: --initrd: '{options.initrd}'; no such file; "
                          "a size such as 1M makes one, none does without")


def kernel_arguments(options, machine):
    text = machine.console + " panic=-1" + (" " + options.append if options.append else "")
    if options.holes:
        text += " memmap=" + ",".join(f"4K${256 + 2 * i}M" for i in range(options.holes))
    return text


def command(options, kernel, folder):
    """The command line of QEMU for options (see capture.py), with the image kernel; what it needs
    besides is written to folder."""
    layout = Layout(options)
    machine, memory, nodes = layout.machine, layout.memory, layout.nodes
    arguments = list(machine.arguments)
    if layout.firmware == "ovmf":
        arguments += ["-machine", "q35"]
    if layout.firmware in UEFI:
        arguments += uefi_arguments(layout.firmware, folder)
    if options.cpu and "-cpu" in arguments:
        arguments[arguments.index("-cpu") + 1] = options.cpu
    elif options.cpu:
        arguments += ["-cpu", options.cpu]
    # Each processor in a node of its own needs a socket of its own.
    sockets = machine.debian == "amd64" and len(nodes) > 1 and not layout.hotplug
    arguments += ["-smp", "2,sockets=2" if sockets else "2"]
    arguments += memory_arguments(machine, memory, nodes, bool(layout.hotplug))
    if layout.hotplug:
        table = Path(folder) / "srat.bin"
        table.write_bytes(srat(nodes, layout.hotplug, below_hole(memory, layout.firmware)))
        arguments += ["-acpitable",
                      f"sig=SRAT,rev=3,oem_id=BENCH,oem_table_id=HOTPLUG,data={table}"]
    arguments += ["-nographic", "-no-reboot", "-net", "none"]
    if options.reserved:
        arguments += ["-dtb", str(reserved_tree(machine.qemu, arguments, options.reserved, folder))]
    arguments += ["-kernel", str(kernel)]
    if layout.initrd:
        write_ramdisk(Path(folder) / "ramdisk.cpio", layout.initrd)
        arguments += ["-initrd", str(Path(folder) / "ramdisk.cpio")]
    elif options.initrd != "none":
        arguments += ["-initrd", options.initrd]
    return [machine.qemu, *arguments, "-append", kernel_arguments(options, machine)]
