#!/usr/bin/env python3
"""What an idle connection costs: memory before and after thousands of clients that have nothing to say.

Each client asks once, reads the answer, and stays. Told are the growth of anonymous memory a connection
(what the process itself took) and what the whole tree then holds. Exit code 1 if apus passes a bar:
600 bytes a connection, and less resident memory than nginx.

    idle.py                      8,000 connections
    idle.py --connections 2000 --proxies apus
"""
import argparse
import json
import resource
import sys
import time

import rig

BYTES_MAX = 600


def measure(name, maker, folder, count):
    with rig.Proxy(name, folder, "plain", maker) as proxy:
        with rig.Driver() as driver:
            # Whatever is made on first use is made now.
            driver.send(200)
        time.sleep(1)
        before = proxy.memory_bytes()
        drivers = []
        try:
            for _ in range(count):
                drivers.append(rig.Driver())
                drivers[-1].send()
            time.sleep(2)
            after = proxy.memory_bytes()
            for driver in drivers[::97]:
                driver.send()
        finally:
            for driver in drivers:
                driver.socket.close()
        each = (after["anonymous"] - before["anonymous"]) / count
        return {"proxy": name, "connections": count, "before": before, "after": after, "each": each}


def print_row(row):
    def mebibytes(which):
        return " → ".join(f"{row[when][which] / (1 << 20):.1f}" for when in ("before", "after"))
    print(f"{row['proxy']:10}{row['each']:14.0f}   {mebibytes('anonymous'):>14}"
          f"   {mebibytes('pss'):>14}   {mebibytes('rss'):>14}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=8000)
    parser.add_argument("--proxies", default="nginx,haproxy,apus")
    parser.add_argument("--ext", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    makers = {name: rig.PROXIES[name] for name in options.proxies.split(",") if name}
    for text in options.ext:
        name, _, command = text.partition("=")
        makers[name] = rig.external(command)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    print(f"{options.connections} idle connections; MiB before → after")
    print(f"{'proxy':10}{'bytes for each':>14}   {'anonymous':>14}   {'PSS':>14}   {'RSS':>14}")
    rows = {}
    with rig.Folder() as folder, rig.origin(folder):
        for name, maker in makers.items():
            rows[name] = measure(name, maker, folder, options.connections)
            print_row(rows[name])
    if options.json:
        with open(options.json, "w") as file:
            json.dump(list(rows.values()), file, indent=1)

    broken = []
    if "apus" in rows:
        if rows["apus"]["each"] > BYTES_MAX:
            broken.append(f"more than {BYTES_MAX} bytes a connection")
        if "nginx" in rows and rows["apus"]["after"]["rss"] >= rows["nginx"]["after"]["rss"]:
            broken.append("not below nginx's resident size")
        print("apus: " + ("; ".join(broken) or "bars met"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
