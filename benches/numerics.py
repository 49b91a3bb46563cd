"""Does fast numerics cost quality? Trains DCGAN on Fashion-MNIST with fast and with strict numerics, some seeds each, and
compares the sliced Wasserstein distances of their samples from the data.

    cargo build --release -p ganymede
    python benches/numerics.py --outdir runs/numerics

prints a Markdown table, and whether the distances of the two kinds overlap. Nothing beside Python is needed.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

METRIC = "sliced_wasserstein"
KINDS = ("fast", "strict")


def last_json(command):
    """Runs a command whose results are lines of JSON; its last."""
    print(" ".join(command), file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def train(arguments, numerics, seed):
    """Where the run is, and how many seconds it took."""
    words = f"train fashion-mnist --preset dcgan --batch {arguments.batch} --steps {arguments.steps}".split()
    words += ["--seed", str(seed), "--numerics", numerics, "--name", f"{numerics}-{seed}", "--snapshot-every", "0"]
    words += ["--checkpoint-every", "0", "--threads", str(arguments.threads), "--outdir", arguments.outdir, "--json"]
    start = time.monotonic()
    result = last_json([arguments.ganymede, *words])
    assert result["kind"] == "result" and result["step"] == arguments.steps, result
    return result["run"], time.monotonic() - start


def evaluate(arguments, run):
    words = ["evaluate", run, "--n", str(arguments.samples), "--metric", METRIC, "--threads", str(arguments.threads)]
    return last_json([arguments.ganymede, *words, "--json"])["scores"][0]


def spread(values):
    return f"{min(values):.5f} to {max(values):.5f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ganymede", default="target/release/ganymede", help="the command [%(default)s]")
    parser.add_argument("--outdir", default="runs/numerics", help="folder of the runs [%(default)s]")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1 to N")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    pathlib.Path(arguments.outdir).mkdir(parents=True, exist_ok=True)
    distances, floors = {kind: [] for kind in KINDS}, []
    print("| numerics | seed | distance | floor | seconds of training |\n|---|---|---|---|---|")
    for seed in range(1, arguments.seeds + 1):
        for kind in KINDS:
            run, seconds = train(arguments, kind, seed)
            score = evaluate(arguments, run)
            distances[kind].append(score["value"])
            floors.append(score["reference"])
            print(f"| {kind} | {seed} | {score['value']:.5f} | {score['reference']:.5f} | {seconds:.0f} |", flush=True)
    print("\n| numerics | mean distance | from least to most |\n|---|---|---|")
    for kind, values in distances.items():
        print(f"| {kind} | {statistics.mean(values):.5f} | {spread(values)} |")
    fast, strict = (distances[kind] for kind in KINDS)
    overlap = max(min(fast), min(strict)) <= min(max(fast), max(strict))
    print(f"\nThe spreads {'overlap' if overlap else 'do not overlap'}; between real samples it is {spread(floors)}.")


main()
