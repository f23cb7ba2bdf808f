#!/usr/bin/env python3
"""Instructions and heap allocations of one keep-alive request, compared with ceilings.json.

Under valgrind the same work takes the same instructions whatever else the machine does: a run of 2N
requests less a run of N, over N, is what one costs, start-up and shutdown cancelled. Above its ceiling by
more than 3 % a figure fails; below it by more, the ceiling should come down with the change that did it.

    ceilings.py               all loads
    ceilings.py --write       make the figures of today the ceilings
    ceilings.py --loads headers --keep DIR     keep callgrind's output, for callgrind_annotate
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

import rig

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ceilings.json")
LOADS = ["plain", "headers", "cors", "policies", "page", "judged", "api_key", "bearer", "jwt", "limited", "limited_mute",
         "post", "webhook", "routes10", "routes1000"]
# Beyond what every request says.
FIELDS = {"cors": ["Origin: https://www.example.com\r\n"]}
FIELDS |= {load: fields for load, (_, _, fields) in rig.VARIANTS.items()}
# An event of Stripe's of 4 KiB in each request, be it verified or not. Under valgrind its HMAC is most of the
# instructions, for want of those that a CPU has for SHA-256; its two allocations are libcrypto's, a context for each
# digest that is begun.
EVENTS = ["post", "webhook"]
TOLERANCE = 0.03
# What a route table may cost at most when it is a hundred times as long.
ROUTES_RATIO_MAX = 1.1
# What all policies but auth may cost at most, for a request that they have little to do with.
POLICIES_RATIO_MAX = 1.15
# What a limit in memory is to cost at most, its fields in the response left out.
LIMIT_MAX = 300


def run(tool, load, count, folder, origin, keep=None):
    """One life of apus under a tool of valgrind, with so many requests. Returns the tool's log."""
    log = folder.file(f"{tool}-{load}-{count}.log")
    output = folder.file(f"{tool}-{load}-{count}.out")
    command = ["valgrind", f"--tool={tool}", f"--log-file={log}"]
    if tool == "callgrind":
        command += [f"--callgrind-out-file={output}"]
    else:
        command += ["--leak-check=no", "--undef-value-errors=no"]
    command += [folder.file("apus"), *rig.apus(folder, load, origin.port)[1:]]
    # A start reads the log's end: two lives shall find alike, so none finds what another has left.
    access = folder.file(f"apus-access-{rig.PROXY_PORT}.log")
    if os.path.exists(access):
        os.remove(access)
    # Loading a configuration hashes; two lives shall hash alike, so that their difference is requests.
    alike = {"SWIFT_DETERMINISTIC_HASHING": "1"}
    with rig.Program(command, rig.PROXY_CPU, folder.file("apus.log"), alike) as program:
        program.wait_for(rig.PROXY_PORT, patience=120)
        try:
            events = iter(rig.StripeEvents().make(50 + count)) if load in EVENTS else None
            with rig.Driver(fields=FIELDS.get(load, [""]), requests=events) as driver:
                # What is made on first use is made before the count begins, and in both runs.
                driver.send(50 + count)
            problem = ""
        except (OSError, RuntimeError) as error:
            problem = f"{error}; "
        code = program.stop(patience=60)
    if code != 0 or problem:
        with open(log, errors="replace") as text, open(program.log, errors="replace") as own:
            tails = text.read()[-3000:] + own.read()[-3000:]
        raise SystemExit(f"{tails}\nceilings: {problem}apus ended with {code} under {tool}")
    if keep and tool == "callgrind":
        shutil.copy(output, os.path.join(keep, os.path.basename(output)))
    with open(output if tool == "callgrind" else log, errors="replace") as file:
        return file.read()


def total(tool, text):
    if tool == "callgrind":
        return int(re.search(r"^(?:totals|summary): (\d+)", text, re.M).group(1))
    return int(re.search(r"total heap usage: ([\d,]+) allocs", text).group(1).replace(",", ""))


def cost(tool, load, count, folder, origin, keep=None):
    """What one request costs: instructions under callgrind, allocations under memcheck."""
    few, many = (
        total(tool, run(tool, load, number, folder, origin, keep)) for number in (count, 2 * count))
    return (many - few) / count


def judge(measured, ceilings):
    """A line for each figure, and those that broke a ceiling."""
    lines, broken = [], []
    for load, figures in measured.items():
        for what, value in figures.items():
            ceiling = ceilings.get(load, {}).get(what)
            if load == "routes1000":
                # Whether so many routes are freed before the process is gone is a matter of luck.
                remark = "held by its share of routes10"
            elif ceiling is None:
                remark = "no ceiling yet: ceilings.py --write"
                broken.append(f"{load} {what}")
            elif value > ceiling * (1 + TOLERANCE) + 0.01:
                remark = "ABOVE: find what the change added, or write down why it is worth it"
                broken.append(f"{load} {what}")
            elif value < ceiling * (1 - TOLERANCE):
                remark = "well below: lower the ceiling with ceilings.py --write"
            else:
                remark = "holds"
            shown = "–" if ceiling is None else f"{ceiling:,}"
            lines.append(f"{load:11}{what:13}{value:10,.1f}  ceiling {shown:>7}  {remark}")
    if "routes10" in measured and "routes1000" in measured:
        ratio = measured["routes1000"]["instructions"] / measured["routes10"]["instructions"]
        lines.append(f"1,000 routes cost {ratio:.3f} × 10 routes, at most {ROUTES_RATIO_MAX}")
        if ratio > ROUTES_RATIO_MAX:
            broken.append("the cost of 1,000 routes")
    if "headers" in measured and "policies" in measured:
        ratio = measured["policies"]["instructions"] / measured["headers"]["instructions"]
        lines.append(f"all policies but auth cost {ratio:.3f} × none, at most {POLICIES_RATIO_MAX}")
        if ratio > POLICIES_RATIO_MAX:
            broken.append("the cost of policies")
    if "headers" in measured and "limited_mute" in measured:
        more = measured["limited_mute"]["instructions"] - measured["headers"]["instructions"]
        lines.append(f"a limit in memory costs {more} more than none, at most {LIMIT_MAX}")
    return lines, broken


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", default=",".join(LOADS))
    parser.add_argument("--requests", type=int, default=2000, help="N")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--keep", metavar="DIR")
    options = parser.parse_args()

    measured = {}
    with rig.Folder() as folder, rig.SmallOrigin() as origin:
        # Symbols stay, for callgrind_annotate; valgrind cannot read the compiler's debug records.
        subprocess.run(["strip", "--strip-debug", "-o", folder.file("apus"), rig.APUS], check=True)
        for load in options.loads.split(","):
            # Many requests share what freeing a thousand routes takes.
            count = options.requests * (4 if load.startswith("routes") else 1)
            instructions = cost("callgrind", load, count, folder, origin, options.keep)
            measured[load] = {"instructions": round(instructions)}
            if not load.startswith("routes"):
                allocations = cost("memcheck", load, options.requests, folder, origin)
                measured[load]["allocations"] = abs(round(allocations, 2))
    with open(FILE) as file:
        ceilings = json.load(file)
    if options.write:
        pinned = {load: figures for load, figures in measured.items() if load != "routes1000"}
        with open(FILE, "w") as file:
            json.dump(ceilings | pinned, file, indent=2)
            file.write("\n")
        print(json.dumps(measured, indent=2))
        return 0
    lines, broken = judge(measured, ceilings)
    print("\n".join(lines))
    if broken:
        print(f"ceilings: broken: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
