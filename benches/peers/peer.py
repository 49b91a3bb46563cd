"""What the peers share: options, the clock, the report. Not here: any network or framework."""

import argparse
import json
import os
import platform
import resource
import statistics
import time

WARM_UP = 3


def options(description, batch=64, resolutions=None, compile=False, sample=False):
    """The options of one work: `resolutions` where it has several, `compile` and `sample` where it can."""
    parser = argparse.ArgumentParser(description=description)
    if resolutions:
        parser.add_argument("--resolution", type=int, choices=resolutions, default=resolutions[0])
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--steps", type=int, default=30, help="timed steps, after %d to warm up" % WARM_UP)
    parser.add_argument("--threads", type=int, default=2)
    if compile:
        parser.add_argument("--compile", action="store_true", help="networks through the framework's compiler")
    if sample:
        parser.add_argument("--sample", type=int, metavar="N", help="instead of training, generate N samples as bytes")
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
    return {
        "steps": steps,
        "ms_per_step": spread(times),
        "cpu_ms_per_step": spread(cpu),
        "first_step_ms": round(first * 1e3),
    }


def measure_samples(draw, count, batch):
    """`draw()` returns one batch of images as bytes; the first batch, for which networks are prepared, is made twice."""
    draw()
    first = process_age()
    start, cpu_start = time.perf_counter(), time.process_time()
    drawn = [draw() for _ in range(-(-count // batch))]
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    assert all(images.dtype == "uint8" and len(images) == batch for images in drawn)
    return {
        "samples": count,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3),
        "first_batch_ms": round(first * 1e3),
        "process_seconds": round(process_age(), 3),
    }


def spread(values):
    return {
        "median": round(statistics.median(values), 2),
        "min": round(min(values), 2),
        "max": round(max(values), 2),
        "all": [round(value, 2) for value in values],
    }


def report(arguments, work, framework, update, parameters, versions, measured):
    """`parameters` are the trainable numbers of each network."""
    result = {
        "work": work,
        "framework": framework,
        **{name: value for name, value in vars(arguments).items() if name in ("resolution", "compile")},
        "batch": arguments.batch,
        "threads": arguments.threads,
        "update": update,
        "parameters": parameters,
        **measured,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": {"python": platform.python_version(), **versions},
    }
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=2))
