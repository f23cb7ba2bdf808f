#!/usr/bin/env python3
"""What a rate limit costs a request: in memory, in Redis, by leases; beside nginx and HAProxy with theirs.

All stand side by side and get the same load in turns of a second, as in compare.py; nobody's limit is ever
reached. Clients are told apart by a field, of as many values as a load says. The figure is the CPU time of the
proxy's own processes in microseconds a request, the median of all turns; Redis has its CPU with the load. Exit
code 1 if a bar is missed.

    limits.py                      all groups, three rounds of four turns
    limits.py --groups stores
"""
import argparse
import contextlib
import shutil
import statistics
import subprocess
import sys

import rig

# Keys that a load chooses from, by turns.
FEW, MANY = 1000, 1_000_000

WRK_SCRIPT = """
local count, number = {count}, 0
local head = "GET /hello HTTP/1.1\\r\\nHost: app.example.com\\r\\nX-Key: client-"
request = function()
    -- A step that meets every number before it meets one twice.
    number = (number + 7919) % count
    return head .. number .. "\\r\\n\\r\\n"
end
"""


def apus(limit, redis=None):
    def make(folder, load, port):
        lines = "" if limit is None else f"rate_limits: {{ key: {{ rate: 1000000/s, key: header:X-Key, {limit} }} }}"
        store = "" if redis is None else f'redis: {{ url: "redis://127.0.0.1:{redis}/0", timeout: 250ms }}'
        config = folder.write(f"apus-{port}.yaml", f"""
environment: development
server: {{ workers: 1, drain_timeout: 5s }}
listeners: {{ public: {{ bind: "127.0.0.1:{port}" }} }}
limits: {{ connections: 20000, body: none }}
timeouts: {{ idle: 600s }}
log: {{ level: warn, access: off, output: "{folder.file(f'apus-{port}.log')}" }}
security_headers: none
{store}
{lines}
upstreams: {{ app: {{ servers: ["127.0.0.1:{rig.ORIGIN_PORT}"], keepalive: {{ max: 512, idle: 600s }} }} }}
routes:
  - {{ name: app, match: {{ path: "/*" }}, {"" if limit is None else "rate_limits: [key],"} upstream: app }}
""")
        return [rig.APUS, "run", "--config", config]
    return make


def nginx(folder, load, port):
    """As rig.nginx, with `limit_req`, which keeps its buckets in shared memory and has no other place for them."""
    command = rig.nginx(folder, "plain", port)
    with open(command[2]) as file:
        config = file.read()
    zone = 'limit_req_zone $http_x_key zone=keys:160m rate=1000000r/s;'
    config = config.replace("http {", f"http {{ {zone}", 1)
    config = config.replace("location / {", "location / { limit_req zone=keys burst=1000000 nodelay;", 1)
    return ["nginx", "-c", folder.write(f"nginx-limit-{port}.conf", config), "-e", folder.file("nginx.err")]


def haproxy(folder, load, port):
    """As rig.haproxy, with a stick table that counts requests a second."""
    command = rig.haproxy(folder, "plain", port)
    with open(command[3]) as file:
        config = file.read()
    rules = ("stick-table type string len 32 size 2m expire 10s store http_req_rate(1s)\n"
             "    http-request track-sc0 req.hdr(x-key)\n"
             "    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }\n"
             "    default_backend app")
    config = config.replace("default_backend app", rules, 1)
    return ["haproxy", "-db", "-f", folder.write(f"haproxy-limit-{port}.cfg", config)]


def groups(redis):
    """Groups of proxies that are compared with one another: keys of the load, proxies, and bars as (one,
    other, most that the one may cost as a share of the other)."""
    return {
        "stores": (FEW, {
            "none": apus(None), "memory": apus("max_keys: 100000"),
            "redis": apus("max_keys: 100000", redis), "lease": apus("max_keys: 100000, lease: 100", redis),
            "nginx": nginx, "haproxy": haproxy,
        }, [("redis", "memory", 1.5), ("lease", "memory", 1.05)]),
        "keys": (None, {
            "thousand": apus("max_keys: 1000000"), "million": apus("max_keys: 1000000"),
            "nginx": nginx, "haproxy": haproxy,
        }, [("million", "thousand", 1.15)]),
    }


def run(script, seconds, port):
    command = ["taskset", "-c", str(rig.LOAD_CPU), "wrk", "-t1", "-c64", f"-d{seconds}s", "-s", script]
    result = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/hello"], capture_output=True, text=True, check=True)
    requests = int(next(line.split()[0] for line in result.stdout.splitlines() if " requests in " in line))
    return requests, "Non-2xx" in result.stdout


def measure(folder, name, proxy, count):
    script = folder.write(f"keys-{count}.lua", WRK_SCRIPT.format(count=count))
    before = proxy.cpu_seconds()[0]
    requests, refused = run(script, 1, proxy.port)
    cost = (proxy.cpu_seconds()[0] - before) * 1e6 / max(1, requests)
    if refused:
        raise SystemExit(f"limits: {name} refused requests that no limit should have")
    return cost


def compare(folder, count, makers, bars, options):
    costs = {name: [] for name in makers}
    memory = {}
    for _ in range(options.rounds):
        with contextlib.ExitStack() as stack:
            proxies = {
                name: stack.enter_context(rig.Proxy(name, folder, "plain", maker, rig.free_port()))
                for name, maker in makers.items()}
            counts = {name: count or (FEW if name == "thousand" else MANY) for name in makers}
            for name, proxy in proxies.items():
                # Every key has been seen before the count begins.
                script = folder.write(f"keys-{counts[name]}.lua", WRK_SCRIPT.format(count=counts[name]))
                run(script, 1 if counts[name] == FEW else 30, proxy.port)
            names = list(proxies)
            for number in range(options.turns):
                first = number % len(names)
                for name in names[first:] + names[:first]:
                    costs[name].append(measure(folder, name, proxies[name], counts[name]))
            memory = {name: proxy.memory_bytes()["pss"] for name, proxy in proxies.items()}
    print(f"  {'proxy':10}{'CPU µs/req':>11}{'lowest':>8}{'highest':>8}{'PSS MiB':>9}")
    for name, values in costs.items():
        print(f"  {name:10}{statistics.median(values):11.2f}{min(values):8.2f}{max(values):8.2f}"
              f"{memory[name] / (1 << 20):9.1f}")
    broken = []
    for one, other, bar in bars:
        # Turns of one and the other that followed one another met the same noise.
        ratio = statistics.median(a / b for a, b in zip(costs[one], costs[other]))
        print(f"  {one} is {ratio:.2f} × {other}, at most {bar}: {'met' if ratio <= bar else 'MISSED'}")
        if ratio > bar:
            broken.append(one)
    return broken


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", default="stores,keys")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=4)
    options = parser.parse_args()
    port, broken = rig.free_port(), []
    with rig.Folder() as folder, rig.origin(folder):
        command = [shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                   "--appendonly", "no", "--dir", folder.path]
        with rig.Program(command, rig.LOAD_CPU, folder.file("redis.log")) as redis:
            redis.wait_for(port)
            for name in options.groups.split(","):
                count, makers, bars = groups(port)[name]
                print(f"\n{name}: {f'{count:,} keys' if count else 'a thousand keys, or a million'}")
                broken += compare(folder, count, makers, bars, options)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
