# SPDX-License-Identifier: GPL-2.0-or-later
"""The user's cache: all that Python has to do with it. The same rules are in src/host/object_cache.c for the
program, which only reads, and in variants/linux/build.sh for what it builds.

What is in it is run, loaded into QEMU or booted, so nobody but the user may be able to write it: that is
looked at before anything else. What is kept is written beside, comes to its place whole, by a rename, and is
known to be whole by a digest each time it is used: the last line of a program that we built, a file
.NAME.sha256 beside a file or a folder of all else (its note). What has no note, or another one, is not used: it
is fetched or built again. Only who wrote a thing writes its note, before the thing comes to its place.

    folder()      the cache, checked
    make_folder() one below it
    beside()      where something is written that comes to its place at the end
    put()         and that by hand, of what was written elsewhere in the cache
    locked()      one at a time
    is_noted()    may it be used?
    seal(), is_sealed()   the same of a program"""
import contextlib
import fcntl
import hashlib
import os
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


def unsafe(place, whole=True):
    """What is wrong with the real path of a folder: '/x' can be written by others. None: nothing. Not whole: the
    cache is to be made below it."""
    for part in [*reversed(place.parents), place]:
        if wrong := wrong_with(part, whole and part == place):
            return f"'{part}' {wrong}"
    return None


def make_folder(place, above=0):
    """And what is missing above it, below the first so many parts."""
    for part in [*reversed(place.parents), place]:
        if len(part.parts) > above:
            with contextlib.suppress(FileExistsError):
                part.mkdir(0o700)


def folder(program="capture"):
    """The cache, made if it is missing, and checked: nothing is made where that is not safe."""
    base, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if not base.startswith("/") and not home.startswith("/"):
        raise Failure(ENVIRONMENT, f"{program}: no cache: neither XDG_CACHE_HOME nor HOME is an absolute "
                      "path; set XDG_CACHE_HOME to a folder of yours")
    place = Path(base if base.startswith("/") else home + "/.cache") / "memblock-bench"
    try:
        there = next(part for part in [place, *place.parents] if part.exists())
        wrong = unsafe(there.resolve(strict=True), whole=there == place)
        if not wrong:
            make_folder(place, above=0 if base.startswith("/") else len(Path(home).parts))
            place = place.resolve(strict=True)
            wrong = unsafe(place)
        if wrong:
            raise Failure(ENVIRONMENT, f"{program}: no cache: {wrong}; set XDG_CACHE_HOME to a folder that "
                          "only you can write")
    except OSError as error:
        raise Failure(ENVIRONMENT, f"{program}: no cache '{place}': {error.strerror}; set "
                      "XDG_CACHE_HOME") from error
    return place


@contextlib.contextmanager
def writing(place, program="capture"):
    """Should that fail, one line says so."""
    try:
        yield
    except OSError as error:
        raise Failure(ENVIRONMENT, f"{program}: cannot write to the cache '{place}': {error.strerror}; set "
                      "XDG_CACHE_HOME") from error


@contextlib.contextmanager
def beside(place, program="capture", noted=False):
    """A path to write the file or folder that comes to place, which is put there at the end, with a note if
    that is wanted; nothing is left otherwise."""
    with writing(place.parent, program):
        make_folder(place.parent)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="partial-") as work:
            written = Path(work) / place.name
            yield written
            with locked(place.parent, program) if is_folder(written) else contextlib.nullcontext():
                put(written, place, noted)


def is_folder(path):
    return path.is_dir() and not path.is_symlink()


def put(written, place, noted=True):
    """Bring a file, a link or a folder that is complete to its place, in the same file system; what is there
    goes. A folder has nobody else in it: of these who calls has the lock."""
    for part in [written, *written.rglob("*")] if is_folder(written) else [written]:
        if not part.is_symlink():
            part.chmod(part.stat().st_mode & 0o777 & ~OTHERS)
    if written.is_file() and not written.is_symlink():  # of a folder the digest misses what is lost with the power
        with open(written, "rb") as file:
            os.fsync(file.fileno())
    if is_folder(written) or is_folder(place):
        with contextlib.suppress(FileNotFoundError):
            place.replace(written.with_name(".before"))
    if noted:
        digest = digest_of(written)
        with beside(note(place)) as line:
            line.write_text(digest + "\n")
    written.replace(place)


@contextlib.contextmanager
def locked(place, program="capture"):
    """Nobody else is in such a context with that folder."""
    with writing(place, program):
        make_folder(place)
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


# ---- files and folders: a note beside them ------------------------------------------------

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


def only_ours(path):
    """Can nobody else write it?"""
    about = os.lstat(path)
    return about.st_uid == os.geteuid() and (stat.S_ISLNK(about.st_mode) or not about.st_mode & OTHERS)


def is_noted(path):
    """Is it there, no link, and what it was when it was put there?"""
    try:
        parts = [path, *path.rglob("*")] if is_folder(path) else [path]
        return not path.is_symlink() and not unsafe(path.parent.resolve(strict=True)) and \
            all(map(only_ours, parts)) and ours(note(path)) == digest_of(path).encode() + b"\n"
    except OSError:
        return False
