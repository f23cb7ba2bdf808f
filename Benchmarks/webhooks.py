#!/usr/bin/env python3
"""What verifying a webhook costs: an event of Stripe's of 4 KiB, beside the same POST to a route without a webhook.

Gateways with and without stand side by side and get the same bytes in turns; every event is new. The figure is
the CPU time of the gateway's process in microseconds a request, the median of all turns; Redis has its CPU with the
load. Exit code 1 if a bar is missed.

    webhooks.py                    five rounds of six turns
    webhooks.py --rounds 1 --turns 1 --requests 200 --warm 200 --unjudged     a short form, which only shows that
                                   all of this works
"""
import argparse
import contextlib
import re
import shutil
import socket
import statistics
import sys

import rig

CONNECTIONS = 16
# Most that a verified event may cost, as a share of the same POST; and commands of Redis that it may take.
RATIO_MAX = 1.3
COMMANDS_MAX = 2


def config(folder, name, port, redis):
    store = f'redis: {{ url: "redis://127.0.0.1:{redis}/0", timeout: 1s }}' if name == "redis" else ""
    hook = "" if name == "post" else "webhook: stripe,"
    return folder.write(f"apus-{name}-{port}.yaml", f"""
environment: development
server: {{ workers: 1, drain_timeout: 5s }}
listeners: {{ public: {{ bind: "127.0.0.1:{port}" }} }}
log: {{ level: warn, access: off, output: "{folder.file(f'apus-{port}.log')}" }}
security_headers: none
{store}
webhooks: {{ stripe: {{ provider: stripe, secrets: ["{rig.STRIPE_SECRET}"], tolerance: 1d }} }}
upstreams: {{ app: {{ servers: ["127.0.0.1:{rig.ORIGIN_PORT}"], keepalive: {{ max: 512, idle: 600s }} }} }}
routes:
  - {{ name: app, match: {{ path: "/*" }}, {hook} upstream: app }}
""")


class Gateway:
    """One under test, and connections to it."""

    def __init__(self, stack, folder, name, redis):
        self.port = rig.free_port()
        command = [rig.APUS, "run", "--config", config(folder, name, self.port, redis)]
        self.program = stack.enter_context(
            rig.Program(command, rig.PROXY_CPU, folder.file(f"{name}-{self.port}.out")))
        self.program.wait_for(self.port)
        self.sockets = []
        for _ in range(CONNECTIONS):
            made = stack.enter_context(socket.create_connection(("127.0.0.1", self.port), 20))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(made)

    def send(self, requests):
        """Sends each request, as many at a time as there are connections. Returns µs of CPU a request."""
        before = self.program.cpu_seconds()[0]
        for start in range(0, len(requests), CONNECTIONS):
            some = list(zip(self.sockets, requests[start:start + CONNECTIONS]))
            for made, message in some:
                made.sendall(message)
            for made, _ in some:
                answer = made.recv(65536)
                if not answer.startswith(b"HTTP/1.1 200 ") or b"Apus-Webhook" in answer:
                    raise SystemExit(f"webhooks: not the app's answer: {answer[:300]!r}")
        return (self.program.cpu_seconds()[0] - before) * 1e6 / len(requests)


def commands(port):
    """Scripts that Redis has run so far."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"INFO commandstats\r\n")
        text = client.recv(65536).decode()
    return sum(int(calls) for calls in re.findall(r"cmdstat_eval(?:sha)?:calls=(\d+)", text))


def compare(folder, options, redis):
    costs = {"post": [], "webhook": [], "redis": []}
    asked = sent = 0
    events = rig.StripeEvents()
    for _ in range(options.rounds):
        with contextlib.ExitStack() as stack:
            gateways = {name: Gateway(stack, folder, name, redis) for name in costs}
            for gateway in gateways.values():
                # Memory in which events are known is touched for the first time before the count begins: 32 MiB.
                for _ in range(max(1, options.warm // 4000)):
                    gateway.send(events.make(min(options.warm, 4000)))
            names = list(gateways)
            for turn in range(options.turns):
                first = turn % len(names)
                for name in names[first:] + names[:first]:
                    requests = events.make(options.requests)
                    before = commands(redis)
                    costs[name].append(gateways[name].send(requests))
                    if name == "redis":
                        asked += commands(redis) - before
                        sent += len(requests)
    return costs, asked / sent


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--warm", type=int, default=40_000, help="events before the count begins")
    parser.add_argument("--unjudged", action="store_true", help="miss no bar of CPU time")
    options = parser.parse_args()
    port = rig.free_port()
    with rig.Folder() as folder, rig.origin(folder):
        command = [shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                   "--appendonly", "no", "--dir", folder.path]
        with rig.Program(command, rig.LOAD_CPU, folder.file("redis.log")) as redis:
            redis.wait_for(port)
            costs, asked = compare(folder, options, port)
    print(f"{'':10}{'CPU µs/req':>11}{'lowest':>8}{'highest':>8}")
    for name, values in costs.items():
        print(f"{name:10}{statistics.median(values):11.2f}{min(values):8.2f}{max(values):8.2f}")
    broken = False
    for name, bar in (("webhook", RATIO_MAX), ("redis", None)):
        # Turns that followed one another met the same noise.
        ratio = statistics.median(a / b for a, b in zip(costs[name], costs["post"]))
        missed = bar is not None and ratio > bar
        broken = broken or (missed and not options.unjudged)
        said = "not judged" if options.unjudged else "MISSED" if missed else "met"
        told = "" if bar is None else f", at most {bar}: {said}"
        print(f"{name} is {ratio:.2f} × post{told}")
    print(f"{asked:.2f} commands of Redis a delivery, at most {COMMANDS_MAX}")
    return 1 if broken or asked > COMMANDS_MAX + 0.01 else 0


if __name__ == "__main__":
    sys.exit(main())
