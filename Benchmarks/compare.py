#!/usr/bin/env python3
"""What a request costs through apus, nginx and HAProxy, side by side in one run.

A proxy has one worker on one CPU; wrk and an nginx that plays the app share another. In every round all
proxies are started anew and get the same load in turn, a second each, the order turning too; one whose turn
it is not sleeps. The figure is the CPU time that the proxy's own processes took, in microseconds a request:
it holds on a noisy machine, which rates and latencies do not, and turns so short meet the same noise. Medians
over all turns are compared with bars; exit code 1 if one is missed.

The floor is relay.c, which parses nothing: what the kernel takes for the four system calls of a request. The
load "conn" has none, as the relay connects to the app once for each client there, where proxies keep theirs; nor
have loads over TLS, which it does not speak.

    compare.py                                  all loads, five rounds of four turns
    compare.py --loads plain,conn --rounds 3
    compare.py --readme                         and put the table into README.md
    compare.py --ext before="../before/apus run --config {config}"     another build beside this one
"""
import argparse
import contextlib
import json
import os
import statistics
import sys

import rig

# path, connections, extra header fields, what it is
LOADS = {
    "plain": ("/hello", 64, [], "small answers, policies and log off"),
    "headers": ("/hello", 64, [], "security headers, request id, JSON access log"),
    "body64k": ("/64k", 32, [], "answers of 64 KiB"),
    "body1m": ("/1m", 16, [], "answers of 1 MiB"),
    "c1000": ("/hello", 1000, [], "1,000 connections"),
    "conn": ("/hello", 64, ["Connection: close"], "a connection for each request"),
    "c1": ("/hello", 1, [], "one connection"),
    "tls": ("/hello", 64, [], "small answers over TLS 1.3"),
    "tls1m": ("/1m", 16, [], "answers of 1 MiB over TLS 1.3"),
    "tlsconn": ("/hello", 32, ["Connection: close"], "a TLS handshake for each request"),
}
# The most that apus may cost, as a share of nginx, or of the better of the two.
BARS = {
    "plain": (0.80, ["nginx"]), "headers": (0.65, ["nginx"]),
    "body64k": (0.85, ["nginx", "haproxy"]), "body1m": (0.85, ["nginx", "haproxy"]),
    "c1000": (0.90, ["nginx"]), "conn": (0.90, ["nginx"]),
    "tls": (0.75, ["nginx", "haproxy"]), "tls1m": (0.85, ["nginx", "haproxy"]),
    "tlsconn": (1.0, ["nginx", "haproxy"]),
}

FLOOR = "relay"
# Whose connections to the app do not outlive the client's: there it is one proxy among others.
LOADS_WITHOUT_FLOOR = {"conn", "tls", "tls1m", "tlsconn"}

# Between them stands the table of README.md.
MARKS = "<!-- measured: begin -->", "<!-- measured: end -->"


def run_turn(proxy, load):
    path, connections, headers, _ = LOADS[load]
    return rig.run_wrk(path, connections, 1, headers, proxy.port, "https" if rig.is_secure(load) else "http")


def measure(name, proxy, load):
    """One turn of one proxy: wrk's figures, and CPU microseconds a request and memory beside them."""
    before = proxy.cpu_seconds()
    row = run_turn(proxy, load)
    after = proxy.cpu_seconds()
    each = [(late - early) * 1e6 / max(1, row["requests"]) for early, late in zip(before, after)]
    return row | {
        "proxy": name, "load": load, "cpu": each[0], "user": each[1], "system": each[2],
        "pss": proxy.memory_bytes()["pss"],
    }


def measure_round(folder, load, makers, turns):
    """All proxies side by side: yields each one's figures of each turn, after one that is not counted."""
    with contextlib.ExitStack() as stack:
        proxies = {
            name: stack.enter_context(rig.Proxy(name, folder, load, maker, rig.free_port()))
            for name, maker in makers.items() if name != FLOOR or not rig.is_secure(load)}
        for proxy in proxies.values():
            run_turn(proxy, load)
        names = list(proxies)
        for number in range(turns):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                yield measure(name, proxies[name], load)


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def label(name, load):
    return "floor" if name == FLOOR and load not in LOADS_WITHOUT_FLOOR else name


def print_table(load, groups):
    path, connections, _, what = LOADS[load]
    print(f"\n{load}: {what}; {path}, {connections} connections")
    print(f"  {'proxy':10}{'CPU µs/req':>11}{'lowest':>8}{'highest':>8}{'user':>8}{'system':>8}"
          f"{'req/s':>9}{'p50 µs':>8}{'p99 µs':>8}{'PSS MiB':>8}  faults")
    for name, rows in groups.items():
        costs = [row["cpu"] for row in rows]
        faults = " ".join(filter(None, [
            f"{sum(row['bad'] for row in rows)} not 2xx" if any(row["bad"] for row in rows) else "",
            next((row["errors"] for row in rows if row["errors"]), "")])) or "none"
        print(f"  {label(name, load):10}{median(rows, 'cpu'):11.2f}{min(costs):8.2f}{max(costs):8.2f}"
              f"{median(rows, 'user'):8.2f}{median(rows, 'system'):8.2f}{median(rows, 'rate'):9.0f}"
              f"{median(rows, 'p50'):8.0f}{median(rows, 'p99'):8.0f}"
              f"{median(rows, 'pss') / (1 << 20):8.1f}  {faults}")


def verdict(load, groups):
    """The ratios as a line, and whether the bar is met (None if there is nothing to compare)."""
    if "apus" not in groups:
        return None, None
    own = median(groups["apus"], "cpu")
    ratios = {name: own / median(rows, "cpu") for name, rows in groups.items() if name != "apus"}
    line = ", ".join(f"{ratio:.2f} × {label(name, load)}" for name, ratio in ratios.items())
    rivals = [name for name in BARS.get(load, (0, []))[1] if name in ratios]
    if not rivals:
        return line, None
    bar, hardest = BARS[load][0], max(ratios[name] for name in rivals)
    is_met = hardest <= bar and not any(row["bad"] or row["errors"] for row in groups["apus"])
    return f"{line}; bar {bar:.2f} {'met' if is_met else 'MISSED'}", is_met


def write_readme(lines, options):
    """Puts the table between the marks in README.md."""
    path = os.path.join(rig.ROOT, "README.md")
    with open(path) as file:
        text = file.read()
    table = "\n".join([
        MARKS[0], "", "| load | apus | nginx | HAProxy | floor | apus ÷ nginx | apus ÷ HAProxy |",
        "|---|---|---|---|---|---|---|", *lines, "",
        f"CPU microseconds a request, medians of {options.rounds * options.turns} turns of 1 s. The",
        "floor is the kernel's cost of a request's four system calls, which no proxy that copies between",
        "sockets goes below: a relay in C that parses nothing ([Benchmarks/relay.c](Benchmarks/relay.c)). It has no",
        "figure where clients connect for each request: it would connect to the app as often; nor over TLS.",
        "", MARKS[1]])
    before, rest = text.split(MARKS[0])
    with open(path, "w") as file:
        file.write(before + table + rest.split(MARKS[1])[1])


def readme_line(load, groups):
    costs = {name: median(rows, "cpu") for name, rows in groups.items()}
    own = costs["apus"]
    floor = "–" if load in LOADS_WITHOUT_FLOOR else f"{costs[FLOOR]:.1f}"
    return (f"| {LOADS[load][3]} | {own:.1f} | {costs['nginx']:.1f} | {costs['haproxy']:.1f}"
            f" | {floor} | {own / costs['nginx']:.2f} | {own / costs['haproxy']:.2f} |")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", default=",".join(BARS), help=", ".join(LOADS))
    parser.add_argument("--proxies", default=",".join(rig.PROXIES))
    parser.add_argument("--ext", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=4, help="of each proxy in a round, 1 s each")
    parser.add_argument("--json", metavar="FILE", help="write every single turn there")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    options.loads = options.loads.split(",")
    if options.readme and options.proxies != parser.get_default("proxies"):
        parser.error("the table is of all of them")
    unknown = [load for load in options.loads if load not in LOADS]
    if unknown:
        parser.error(f"no such load: {', '.join(unknown)}")
    options.makers = {name: rig.PROXIES[name] for name in options.proxies.split(",") if name}
    for text in options.ext:
        name, _, command = text.partition("=")
        options.makers[name] = rig.external(command)
    return options


def compare(load, options, folder):
    groups = {name: [] for name in options.makers}
    for _ in range(options.rounds):
        for row in measure_round(folder, load, options.makers, options.turns):
            groups[row["proxy"]].append(row)
    groups = {name: rows for name, rows in groups.items() if rows}
    print_table(load, groups)
    return groups


def main():
    options = parse_arguments()
    rows, lines, table, is_met = [], [], [], True
    with rig.Folder() as folder, rig.origin(folder):
        for load in options.loads:
            groups = compare(load, options, folder)
            rows += [row for group in groups.values() for row in group]
            if options.readme:
                table.append(readme_line(load, groups))
            line, met = verdict(load, groups)
            if line:
                lines.append(f"  {load:10}{line}")
            is_met = is_met and met is not False
            sys.stdout.flush()
    if lines:
        print(f"\napus, CPU a request, medians of {options.rounds * options.turns} turns:")
        print("\n".join(lines))
    if options.readme:
        write_readme(table, options)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=1)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
