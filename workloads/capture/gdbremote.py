# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the GDB remote serial protocol, as far as recording calls needs it.

    $DATA#CC    a packet, CC the sum of its bytes modulo 256 in hex; the other side answers + (or -)

Several packets may be sent at once, but one that lets the machine run goes alone: a stub that receives
anything while the machine runs, even an acknowledgement, stops it.
"""
import socket
import struct


class ProtocolError(Exception):
    """The other side is gone, or says something that makes no sense."""


def packet(data):
    data = data.encode() if isinstance(data, str) else data
    return b"$" + data + b"#%02x" % (sum(data) & 0xff)


class Client:
    """wait() is called before each receive that would block; it returns when there is something."""

    def __init__(self, connection, wait=None):
        self.connection = connection
        self.wait = wait or (lambda: None)
        self.buffer = b""

    @classmethod
    def connect(cls, path, wait=None):
        """A client of the server at path, or None while nobody listens there."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            return None
        return cls(connection, wait)

    def close(self):
        self.connection.close()

    def receive(self):
        """The data of the next packet."""
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start)
            if 0 <= start and 0 <= end <= len(self.buffer) - 3:
                break
            self.wait()
            try:
                more = self.connection.recv(1 << 16)
            except OSError as error:
                raise ProtocolError(str(error)) from error
            if not more:
                raise ProtocolError("the connection was closed")
            self.buffer += more
        data, sum_given = self.buffer[start + 1:end], self.buffer[end + 1:end + 3]
        self.buffer = self.buffer[end + 3:]
        if b"%02x" % (sum(data) & 0xff) != sum_given.lower():
            raise ProtocolError(f"a packet with a wrong sum: {data[:40]!r}")
        try:
            self.connection.sendall(b"+")
        except OSError as error:
            raise ProtocolError(str(error)) from error
        return data

    def ask(self, *requests):
        """Send packets in one piece; the answers."""
        try:
            self.connection.sendall(b"".join(packet(request) for request in requests))
        except OSError as error:
            raise ProtocolError(str(error)) from error
        return [self.receive() for _ in requests]

    def ask_ok(self, *requests):
        for request, answer in zip(requests, self.ask(*requests)):
            if answer != b"OK":
                raise ProtocolError(f"'{request}' was answered with {answer[:40]!r}")

    def registers(self, count):
        """The first count registers, of 64 bits each."""
        data = self.ask("g")[0]
        if len(data) < count * 16:
            raise ProtocolError(f"registers: {data[:40]!r}")
        return struct.unpack(f"<{count}Q", bytes.fromhex(data[:count * 16].decode()))

    def read_memory(self, *ranges):
        """The bytes of (address, size) ranges; at most 2000 bytes travel in one packet."""
        parts = [(number, address + at, min(2000, size - at))
                 for number, (address, size) in enumerate(ranges) for at in range(0, size, 2000)]
        result = [b""] * len(ranges)
        answers = self.ask(*(f"m{address:x},{size:x}" for _, address, size in parts))
        for (number, address, size), answer in zip(parts, answers):
            if len(answer) != 2 * size:
                raise ProtocolError(f"memory at {address:#x}: {answer[:40]!r}")
            result[number] += bytes.fromhex(answer.decode())
        return result

    def insert(self, *addresses):
        self.ask_ok(*(f"Z0,{address:x},1" for address in addresses))

    def remove(self, *addresses):
        self.ask_ok(*(f"z0,{address:x},1" for address in addresses))

    def go(self):
        """Run until something happens; the stop packet."""
        return self._stopped(self.ask("c")[0])

    def step_over(self, address):
        """Execute the instruction at a breakpoint, and go on until something happens."""
        self.remove(address)
        self._stopped(self.ask("s")[0])
        self.insert(address)
        return self.go()

    @staticmethod
    def _stopped(answer):
        if answer[:1] in b"WX":
            raise ProtocolError("the machine has ended")
        if answer[:1] not in b"TS":
            raise ProtocolError(f"not a stop: {answer[:40]!r}")
        return answer
