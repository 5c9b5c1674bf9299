# SPDX-License-Identifier: GPL-2.0-or-later
"""The user's cache, as the variant linux has it (src/host/object_cache.c has the same rules).

What is in it is run, loaded into QEMU or booted, so nobody but the user may be able to write it: that is
looked at before anything else. What is kept is written beside, comes to its place whole, by a rename, and is
known to be whole by a digest: the last line of a program that we built, a file .NAME.sha256 beside a
kernel's."""
import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from failure import ENVIRONMENT, Failure

OTHERS = stat.S_IWGRP | stat.S_IWOTH
SEAL = 65  # bytes: a digest in hexadecimal, a newline


def wrong_with(path, last):
    """What is wrong with a folder on the way to the cache, or with the last one; None: nothing."""
    about = os.lstat(path)
    if about.st_uid != os.geteuid() and (last or about.st_uid):
        return "is not yours" if last else "is neither yours nor root's"
    if about.st_mode & OTHERS and (last or not about.st_mode & stat.S_ISVTX):
        return "can be written by others"
    return None


def folder(program="capture"):
    """The cache, made if it is missing, and checked."""
    base, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if not base.startswith("/") and not home.startswith("/"):
        raise Failure(ENVIRONMENT, f"{program}: no cache: neither XDG_CACHE_HOME nor HOME is an absolute "
                      "path; set XDG_CACHE_HOME to a folder of yours")
    place = Path(base if base.startswith("/") else home + "/.cache") / "memblock-bench"
    try:
        for part in [*reversed(place.parents), place]:
            if base.startswith("/") or len(part.parts) > len(Path(home).parts):
                with contextlib.suppress(FileExistsError):
                    part.mkdir(0o700)
        place = place.resolve(strict=True)
        for part in [*reversed(place.parents), place]:
            wrong = wrong_with(part, part == place)
            if wrong:
                raise Failure(ENVIRONMENT, f"{program}: no cache: '{part}' {wrong}; set XDG_CACHE_HOME to "
                              "a folder that only you can write")
    except OSError as error:
        raise Failure(ENVIRONMENT, f"{program}: no cache '{place}': {error.strerror}; set "
                      "XDG_CACHE_HOME") from error
    return place


@contextlib.contextmanager
def beside(place, program="capture"):
    """A path to write what comes to place, which is put there at the end; nothing is left otherwise."""
    try:
        place.parent.mkdir(0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="partial-") as work:
            written = Path(work) / place.name
            yield written
            with open(written, "rb") as file:
                os.fchmod(file.fileno(), os.fstat(file.fileno()).st_mode & 0o777 & ~OTHERS)
                os.fsync(file.fileno())
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            written.replace(place)
    except OSError as error:
        raise Failure(ENVIRONMENT, f"{program}: cannot write to the cache '{place.parent}': "
                      f"{error.strerror}; set XDG_CACHE_HOME") from error


@contextlib.contextmanager
def locked(place):
    """Nobody else is in such a context with that folder."""
    place.mkdir(0o700, parents=True, exist_ok=True)
    number = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def ours(path):
    """Its bytes, if it is a file that only the user can write; else None."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with open(number, "rb") as file:
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & OTHERS:
            return None
        return file.read()


# ---- programs: a last line -------------------------------------------------------------------------

def seal_of(name, data):
    return hashlib.sha256(os.fsencode(name) + b"\n" + data).hexdigest().encode() + b"\n"


def seal(path):
    """Give a program its last line."""
    line = seal_of(path.name, path.read_bytes())
    with open(path, "ab") as file:
        file.write(line)


def is_sealed(path):
    data = ours(path) or b""
    return len(data) > SEAL and data[-SEAL:] == seal_of(path.name, data[:-SEAL])


# ---- files and folders of packages: a note beside them ------------------------------------------------

def note(path):
    return path.with_name(f".{path.name}.sha256")


def digest_of(path):
    """Of a file, or of all files of a folder, with their names and links."""
    if path.is_dir() and not path.is_symlink():
        parts = [f"{part.relative_to(path)} "
                 f"{os.readlink(part) if part.is_symlink() else digest_of(part)}"
                 for part in sorted(path.rglob("*")) if part.is_symlink() or not part.is_dir()]
        return hashlib.sha256(os.fsencode("\n".join(parts))).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_note(path, written=None):
    """Note the digest of what will be path and is still called written."""
    digest = digest_of(written or path)
    with beside(note(path)) as place:
        place.write_text(digest + "\n")


def is_noted(path):
    """Is it what it was when it was fetched? One without a note, of an older version, becomes so."""
    try:
        about = os.lstat(path)
        if stat.S_ISLNK(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & OTHERS or \
                not about.st_size:
            return False
        if not note(path).exists():
            write_note(path)
        return ours(note(path)) == digest_of(path).encode() + b"\n"
    except OSError:
        return False
