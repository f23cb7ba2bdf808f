#!/usr/bin/env python3
"""Large bodies through apus, both ways, with fast and with slow ends: every byte right, memory bounded.

A body is a stream of made-up bytes that both ends compute, so that the first wrong byte is found. A slow
end has a small socket buffer and pauses after each quarter MiB. Resident memory is the most that the
process ever had.

    bodies.py                      1 GiB each way, fast and slow ends
    bodies.py --mebibytes 64
"""
import argparse
import hashlib
import socket
import sys
import threading
import time

import rig

# What the body repeats: longer than any buffer, and of a length that no buffer's size divides.
PATTERN = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(40_003))
PART = 1 << 18
RESIDENT_MAX = 40 << 20


def pause(is_slow):
    if is_slow:
        time.sleep(0.001)


def send_body(sink, count, is_slow):
    """Sends `count` bytes of the stream."""
    sent = 0
    view = memoryview(PATTERN)
    while sent < count:
        start = sent % len(PATTERN)
        part = view[start:start + min(PART, count - sent)]
        sink.sendall(part)
        sent += len(part)
        pause(is_slow)


def check_body(source, rest, count, is_slow):
    """Reads `count` bytes, `rest` being the first of them. Raises at the first that is wrong."""
    seen, since = 0, 0
    data = rest
    while True:
        while data:
            start = seen % len(PATTERN)
            part = data[:len(PATTERN) - start]
            if PATTERN[start:start + len(part)] != part:
                raise RuntimeError(f"a byte after the first {seen} is wrong")
            seen += len(part)
            since += len(part)
            data = data[len(part):]
        if seen >= count:
            break
        if since >= PART:
            since = 0
            pause(is_slow)
        data = source.recv(65536)
        if not data:
            raise RuntimeError(f"ended after {seen} of {count} bytes")
    if seen != count:
        raise RuntimeError(f"{seen - count} bytes too many")


def read_head(source):
    """The head, and what came behind it."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        part = source.recv(65536)
        if not part:
            raise RuntimeError(f"ended within a head: {data[:200]!r}")
        data += part
    return data[:end], data[end + 4:]


def shrink(end, is_slow):
    if is_slow:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)


class App:
    """Answers GET with the body and takes it from PUT; what went wrong is in `problem`."""

    def __init__(self, count, is_slow):
        self.count, self.is_slow, self.problem = count, is_slow, ""
        self.listener = socket.socket()
        shrink(self.listener, is_slow)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            try:
                with connection:
                    self.serve(connection)
            except (OSError, RuntimeError) as error:
                self.problem = str(error)

    def serve(self, connection):
        head, rest = read_head(connection)
        if head.startswith(b"PUT "):
            check_body(connection, rest, self.count, self.is_slow)
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        else:
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % self.count)
            send_body(connection, self.count, self.is_slow)


def exchange(method, count, is_slow):
    with socket.socket() as client:
        shrink(client, is_slow)
        client.settimeout(60)
        client.connect(("127.0.0.1", rig.PROXY_PORT))
        length = b"Content-Length: %d\r\n" % count if method == "PUT" else b""
        client.sendall(method.encode() + b" /body HTTP/1.1\r\nHost: a.example\r\n" + length + b"\r\n")
        if method == "PUT":
            send_body(client, count, is_slow)
        head, rest = read_head(client)
        if not head.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(f"answered {head[:60]!r}")
        if method == "GET":
            check_body(client, rest, count, is_slow)


def high_water(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM:"))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mebibytes", type=int, default=1024)
    count = parser.parse_args().mebibytes << 20
    is_good = True
    for method, slow_client, slow_app in [
        ("GET", False, False), ("GET", True, False), ("GET", False, True),
        ("PUT", False, False), ("PUT", True, False), ("PUT", False, True),
    ]:
        app = App(count, slow_app)
        with rig.Folder() as folder:
            command = rig.apus(folder, "plain", app.port)
            with rig.Program(command, rig.PROXY_CPU, folder.file("apus.log")) as program:
                program.wait_for(rig.PROXY_PORT)
                began, problem = time.monotonic(), ""
                try:
                    exchange(method, count, slow_client)
                except (OSError, RuntimeError) as error:
                    problem = str(error)
                took, resident = time.monotonic() - began, high_water(program.pid)
        problem = problem or app.problem or ("too much memory" if resident >= RESIDENT_MAX else "")
        is_good = is_good and not problem
        slow = "slow client" if slow_client else "slow app" if slow_app else "fast ends"
        print(f"{method} {count >> 20} MiB, {slow:12}{took:7.1f} s, resident at most "
              f"{resident / (1 << 20):5.1f} MiB: {problem or 'every byte right'}", flush=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
