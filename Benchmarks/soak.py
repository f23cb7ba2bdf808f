#!/usr/bin/env python3
"""A mixed load for a long time, watching what may only grow in a leak: memory and descriptors.

Loads of every kind follow one another, a few seconds each, some of them broken off halfway. After
three laps, when every buffer has been asked for, memory is the base line; at the end it may be a tenth and
8 MiB larger, and once all clients are gone the process may hold as many descriptors as it did then. No answer may be anything but 200.

    soak.py --seconds 1800
"""
import argparse
import socket
import sys
import time

import rig

WARM_LAPS = 3
# path, connections, extra header fields
LAP = [
    ("/hello", 64, []), ("/64k", 32, []), ("/1m", 8, []), ("/hello", 64, ["Connection: close"]),
    ("/hello", 1000, []),
]


def break_off(count):
    """Clients that leave in the middle of a head, before an answer, and within a body."""
    for number in range(count):
        client = socket.create_connection(("127.0.0.1", rig.PROXY_PORT), 5)
        head = b"GET /1m HTTP/1.1\r\nHost: app.example.com\r\n\r\n"
        client.sendall(head if number % 3 else head[:20])
        if number % 3 == 2:
            client.recv(4096)
        client.close()


def lap(seconds):
    """One lap of all loads. Returns the answers given, and those that were wrong."""
    answers = wrong = 0
    for path, connections, headers in LAP:
        row = rig.run_wrk(path, connections, seconds, headers)
        answers += row["requests"]
        wrong += row["bad"]
        if row["errors"]:
            print(f"  {path} with {connections} connections: {row['errors']}")
            wrong += 1
    break_off(100)
    return answers, wrong


def settle(proxy):
    """Descriptors and memory once clients are gone; idle connections to the app are let go meanwhile."""
    time.sleep(3)
    return proxy.descriptor_count(), proxy.memory_bytes()["anonymous"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--each", type=int, default=4, help="seconds of one load")
    options = parser.parse_args()

    with rig.Folder() as folder, rig.origin(folder), rig.Proxy("apus", folder, "headers") as proxy:
        end = time.monotonic() + options.seconds
        answers = wrong = 0
        for _ in range(WARM_LAPS):
            more, bad = lap(options.each)
            answers, wrong = answers + more, wrong + bad
        descriptors, base = settle(proxy)
        laps, most = WARM_LAPS, base
        while time.monotonic() < end:
            more, bad = lap(options.each)
            answers, wrong, laps = answers + more, wrong + bad, laps + 1
            most = max(most, proxy.memory_bytes()["anonymous"])
            print(f"lap {laps}: {answers} answers, {wrong} wrong, {most / (1 << 20):.1f} MiB", flush=True)
        left, memory = settle(proxy)
        code = proxy.stop(30)

    print(f"memory {base / (1 << 20):.1f} → {memory / (1 << 20):.1f} MiB, most {most / (1 << 20):.1f};"
          f" descriptors {descriptors} → {left}; exit code {code}")
    broken = []
    if wrong:
        broken.append("wrong answers")
    if memory > base * 1.1 + (8 << 20):
        broken.append("memory grew")
    if left > descriptors + 16:
        broken.append("descriptors leaked")
    if code != 0:
        broken.append("it did not end well")
    print("soak: " + ("; ".join(broken) or f"{laps} laps, all well"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
