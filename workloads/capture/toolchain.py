# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that have to be there, and compilers for another machine than the one we run on.

Commands are asked for, not packages: how a tool came here does not matter. A cross compiler without its
C library is a piece that is missing, too.
"""
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from failure import ENVIRONMENT, Failure

ROOT = Path(__file__).resolve().parents[2]
CROSS = ROOT / "cmake" / "cross"

# What begins the names of a compiler's programs: the packages of compiler, binutils and C library.
PACKAGES = {"x86_64-linux-gnu-": ("gcc", "binutils", "libc6-dev"),
            "aarch64-linux-gnu-": ("gcc-aarch64-linux-gnu", "binutils-aarch64-linux-gnu",
                                   "libc6-dev-arm64-cross")}


@functools.cache
def makes_programs(compiler):
    """Can it compile and link a program that needs a C library and no shared object?"""
    with tempfile.TemporaryDirectory(prefix="memblock-toolchain.") as folder:
        done = subprocess.run([compiler, "-static", "-x", "c", "-", "-o", f"{folder}/program"],
                              input="#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n",
                              capture_output=True, text=True, check=False)
    return done.returncode == 0


def need(who, tools, prefix):
    """A Failure that names everything that is missing: of the tools, {command: package}, and of the
    compiler whose programs' names begin so. The message begins with who asks."""
    gcc, binutils, library = PACKAGES[prefix]
    compiler = prefix + "gcc"
    tools = {**tools, compiler: gcc, prefix + "nm": binutils}
    missing = {f"no {tool}": package for tool, package in tools.items() if not shutil.which(tool)}
    if not shutil.which(compiler) or not makes_programs(compiler):
        missing[f"no C library for {compiler}"] = library
    if missing:
        raise Failure(ENVIRONMENT, f"{who}: {', '.join(missing)}; install it with: apt install "
                      + " ".join(dict.fromkeys(missing.values())))


@functools.cache
def kernel_flags(compiler, processor):
    """MB_FLAGS_KERNEL of cmake/flags.cmake, worked out for this compiler."""
    with tempfile.TemporaryDirectory(prefix="memblock-toolchain.") as folder:
        done = subprocess.run(["cmake", "-S", str(CROSS), "-B", folder, "-G", "Unix Makefiles",
                               f"-DCMAKE_C_COMPILER={compiler}", "-DCMAKE_SYSTEM_NAME=Linux",
                               f"-DCMAKE_SYSTEM_PROCESSOR={processor}"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(ENVIRONMENT, f"toolchain: {CROSS}: the flags of {compiler} cannot be worked out",
                          done.stderr.splitlines()[:5])
        return Path(folder, "kernel-flags.txt").read_text(encoding="utf-8").strip()
