#!/usr/bin/env python3
"""What scrapes of /metrics cost the requests beside them: latency with and without, in turns, and CPU a page.

A steady load asks so many times a second on some connections. Beside it a process asks RATE times a second for
/metrics, or for /livez, in turns whose order alternates: so what the machine does otherwise, and what it costs that
somebody asks at all, meets both alike. Told are the medians of the turns' percentiles, and what one page takes of the
gateway's CPU time. The gateway shares its CPUs with everything else, so that making a page does compete with a loop.

    scrapes.py                                 20 scrapes a second, 200 routes, 10 turns of 3 s each way
    scrapes.py --routes 1000 --rate 50 --format openmetrics
"""
import argparse
import http.client
import multiprocessing
import os
import socket
import statistics
import threading
import time

import rig

ACCEPT = {"prometheus": "text/plain", "openmetrics": "application/openmetrics-text; version=1.0.0"}


def configuration(folder, routes, admin):
    lines = "".join(
        f"  - {{ name: r{n}, match: {{ path: /section{n}/* }}, respond: {{ status: 200, body: ok }} }}\n"
        for n in range(routes))
    return folder.write("scrapes.yaml", f"""
environment: development
server: {{ workers: 2, drain_timeout: 1s }}
listeners: {{ public: {{ bind: "127.0.0.1:{rig.PROXY_PORT}" }} }}
admin: {{ bind: "127.0.0.1:{admin}" }}
log: {{ access: off }}
routes:
{lines}  - {{ name: all, respond: {{ status: 200, body: ok }} }}
""")


def ask(stop, pace, number, times):
    """A client that asks at a steady pace, late or not: what came late is counted from when it was due."""
    request = f"GET /section{number % 7}/x HTTP/1.1\r\nHost: a.example.com\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", rig.PROXY_PORT)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = time.monotonic() + pace * number / 8
        while not stop.is_set():
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            began = max(due, time.monotonic() - 1)
            client.sendall(request)
            answer = b""
            while not answer.endswith(b"ok"):
                answer += client.recv(4096)
            times.append(time.monotonic() - began)
            due += pace


def scrape(stop, rate, admin, accept, path):
    """In a process of its own: reading a page would hold up the clients of this one."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode()
    due = time.monotonic()
    while not stop.is_set():
        with socket.create_connection(("127.0.0.1", admin)) as client:
            client.sendall(head)
            while client.recv(1 << 20):
                pass
        due += 1 / rate
        time.sleep(max(0, due - time.monotonic()))


def turn(options, admin, path):
    stop, times = threading.Event(), []
    ended = multiprocessing.Event()
    scraper = multiprocessing.Process(
        target=scrape, args=(ended, options.rate, admin, ACCEPT[options.format], path))
    scraper.start()
    threads = [threading.Thread(target=ask, args=(stop, options.clients / options.requests, number, times))
               for number in range(options.clients)]
    for thread in threads:
        thread.start()
    time.sleep(options.seconds)
    stop.set()
    for thread in threads:
        thread.join()
    ended.set()
    scraper.join()
    times.sort()

    def at(share):
        return times[min(len(times) - 1, int(len(times) * share))] * 1e6
    return {"p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "requests": len(times)}


def page_cost(options, admin, program):
    """CPU microseconds of a page, alone."""
    pages, count = [], 200
    before = program.cpu_seconds()[0]
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=10)
        connection.request("GET", "/metrics", headers={"Accept": ACCEPT[options.format]})
        pages.append(len(connection.getresponse().read()))
        connection.close()
    return (program.cpu_seconds()[0] - before) / count * 1e6, pages[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routes", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20, help="scrapes a second")
    parser.add_argument("--requests", type=float, default=2000, help="a second")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--format", choices=ACCEPT, default="prometheus")
    options = parser.parse_args()
    admin = rig.free_port()
    with rig.Folder() as folder:
        command = [rig.APUS, "run", "--config", configuration(folder, options.routes, admin)]
        with rig.Program(command, 0, folder.file("apus.log")) as program:
            program.wait_for(rig.PROXY_PORT)
            for task in os.listdir(f"/proc/{program.pid}/task"):
                os.sched_setaffinity(int(task), {0, 1})
            turn(options, admin, "/metrics")
            cost, size = page_cost(options, admin, program)
            rows = {"/livez": [], "/metrics": []}
            for number in range(2 * options.turns):
                # a b b a a b b a: a drift of the machine falls on both.
                path = "/metrics" if (number + 1) // 2 % 2 else "/livez"
                rows[path].append(turn(options, admin, path))
    print(f"{options.routes} routes, a page of {size} bytes takes {cost:.0f} µs of CPU")
    print(f"{options.rate:g}/s of{'requests':>12}{'p50 µs':>10}{'p99 µs':>10}{'p99.9 µs':>10}   p99 of the turns")
    for path, turns in rows.items():
        figures = [statistics.median(row[key] for row in turns) for key in ("p50", "p99", "p99.9")]
        each = " ".join(f"{row['p99']:.0f}" for row in sorted(turns, key=lambda row: row["p99"]))
        print(f"{path:<10}{sum(row['requests'] for row in turns):>8}"
              + "".join(f"{figure:>10.0f}" for figure in figures) + f"   {each}")


if __name__ == "__main__":
    main()
