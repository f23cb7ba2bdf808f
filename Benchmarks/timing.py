#!/usr/bin/env python3
"""Whether the time that a refusal takes tells how much of a signature was right.

Sends deliveries whose signatures are right up to a digit and wrong from there on, the digit drawn anew each time,
and fits a line to time over position. A comparison that ends at the first difference would give a slope. Printed:
the slope in nanoseconds a digit, its standard error, and t; a |t| above 4 is a signal (a chance of 6 in 100,000).

    timing.py                      100,000 refusals of each kind
    timing.py --refusals 1000 --unjudged     a short form, which only shows that all of this works
"""
import argparse
import hashlib
import hmac
import random
import socket
import statistics
import sys
import time

import rig

SECRET = "s3cr3t-of-nobody-whatsoever-0123456789abcdef0123456789abcdef0123"
# The field and what stands in it before the digits that count; the second is no MAC, but the secret itself.
KINDS = {"github": ("X-Hub-Signature-256", "sha256="), "gitlab": ("X-Gitlab-Token", "")}
DIGIT_COUNT = 64
DIGITS = "0123456789abcdef"
T_MAX = 4.0


def config(folder, origin_port):
    hooks = "".join(f"  {kind}: {{ provider: {kind}, secrets: [\"{SECRET}\"] }}\n" for kind in KINDS)
    routes = "".join(
        f"  - {{ match: {{ path: /{kind} }}, name: {kind}, webhook: {kind}, upstream: app }}\n" for kind in KINDS)
    return folder.write("timing.yaml", f"""
environment: development
server: {{ workers: 1, drain_timeout: 5s }}
listeners: {{ public: {{ bind: "127.0.0.1:{rig.PROXY_PORT}" }} }}
log: {{ level: error, access: off, output: "{folder.file('timing.log')}" }}
upstreams: {{ app: {{ servers: ["127.0.0.1:{origin_port}"] }} }}
webhooks:
{hooks}
routes:
{routes}""")


def request(kind, position, dice):
    name, mark = KINDS[kind]
    # Never the same twice: digits that are always the same are read faster, be they right or wrong.
    body = f'{{"zen": "Keep it logically awesome.", "nonce": "{dice.getrandbits(64):016x}"}}'.encode()
    right = SECRET if kind == "gitlab" else hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    wrong = "".join(dice.choice(DIGITS.replace(digit, "")) for digit in right[position:])
    return (f"POST /{kind} HTTP/1.1\r\nHost: a.test\r\n{name}: {mark}{right[:position]}{wrong}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class Client:
    def __init__(self):
        self.socket = None

    def refusal(self, message):
        """Sends a request; gives how long its refusal took, in nanoseconds."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", rig.PROXY_PORT), 20)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter_ns()
        self.socket.sendall(message)
        answer = self.socket.recv(65536)
        taken = time.perf_counter_ns() - began
        if not answer.startswith(b"HTTP/1.1 401 "):
            raise SystemExit(f"timing: not refused: {answer[:200]!r}")
        if b"\r\nConnection: close\r\n" in answer:
            self.socket.close()
            self.socket = None
        return taken


def measure(kind, count, dice):
    """(position, time) of so many refusals."""
    # All made before the first is sent: how long one takes to make depends on the position, and after a longer
    # pause everything is slower.
    made = [(position, request(kind, position, dice))
            for position in (dice.randrange(DIGIT_COUNT) for _ in range(count))]
    client = Client()
    for _, message in made[:1000]:
        client.refusal(message)
    return [(position, client.refusal(message)) for position, message in made]


def fit(samples):
    """Slope, its standard error, and t, of a line through (position, time)."""
    count = len(samples)
    mean_x = statistics.fmean(x for x, _ in samples)
    mean_y = statistics.fmean(y for _, y in samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in samples)
    error = (rest / (count - 2) / spread) ** 0.5
    return slope, error, slope / error


def judge(kind, samples):
    """Prints the fits. Returns whether there is a signal."""
    times = sorted(taken for _, taken in samples)
    # What the machine did meanwhile: the slowest tell of that alone.
    bound = times[len(times) * 9 // 10]
    calm = [(position, taken) for position, taken in samples if taken <= bound]
    signal = False
    for what, some in (("all", samples), ("fastest 90 %", calm)):
        slope, error, t = fit(some)
        signal = signal or abs(t) > T_MAX
        print(f"{kind}: {what}: {len(some):,} refusals, median {times[len(times) // 2] / 1000:.1f} µs; "
              f"slope {slope:+.2f} ± {error:.2f} ns a digit, t = {t:+.2f}")
    return signal


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refusals", type=int, default=100_000)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=20263)
    parser.add_argument("--unjudged", action="store_true", help="miss no bar")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    print(f"seed {options.seed}")
    signals = []
    with rig.Folder() as folder, rig.SmallOrigin() as origin:
        command = [rig.APUS, "run", "--config", config(folder, origin.port)]
        with rig.Program(command, rig.PROXY_CPU, folder.file("apus.log")) as program:
            program.wait_for(rig.PROXY_PORT)
            for kind in options.kinds.split(","):
                if judge(kind, measure(kind, options.refusals, dice)):
                    signals.append(kind)
    if signals:
        print(f"timing: a signal: {', '.join(signals)}")
    return 1 if signals and not options.unjudged else 0


if __name__ == "__main__":
    sys.exit(main())
