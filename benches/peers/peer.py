"""What the peers share: options, the clock, the report. Not here: any network or framework."""

import argparse
import json
import os
import platform
import resource
import statistics
import time

CHANNELS = {28: 1, 64: 3}
LATENT = 100
WARM_UP = 3


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--resolution", type=int, choices=sorted(CHANNELS), default=28)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=30, help="timed steps, after %d to warm up" % WARM_UP)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one line instead of indented text")
    return parser.parse_args()


def process_age():
    """Seconds since this process started (Linux), interpreter and imports included."""
    with open("/proc/self/stat") as file:
        started = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def measure(step, batches, steps):
    """`step(batch)` returns only when the step's losses are known; batches are used in turn."""
    step(batches[0])
    first = process_age()
    for index in range(WARM_UP):
        step(batches[index % len(batches)])
    times, cpu = [], []
    for index in range(steps):
        start, cpu_start = time.perf_counter(), time.process_time()
        step(batches[index % len(batches)])
        times.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - cpu_start) * 1e3)
    return {"first": first * 1e3, "wall": times, "cpu": cpu}


def spread(values):
    return {
        "median": round(statistics.median(values), 2),
        "min": round(min(values), 2),
        "max": round(max(values), 2),
        "all": [round(value, 2) for value in values],
    }


def report(arguments, framework, update, parameters, versions, measured):
    result = {
        "framework": framework,
        "resolution": arguments.resolution,
        "channels": CHANNELS[arguments.resolution],
        "batch": arguments.batch,
        "threads": arguments.threads,
        "steps": arguments.steps,
        "update": update,
        "parameters": parameters,
        "ms_per_step": spread(measured["wall"]),
        "cpu_ms_per_step": spread(measured["cpu"]),
        "first_step_ms": round(measured["first"]),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": {"python": platform.python_version(), **versions},
    }
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=2))
