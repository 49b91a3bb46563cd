"""ganymede and its peers on the same training step, in turn, several rounds; prints a table in Markdown.

The step is `dcgan` at 28 or 64 pixels. Times are of single steps, after the first few; peak memory is what the system
says of each process after it has ended, taken the same way for all.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import struct
import subprocess
import tempfile

from peer import WARM_UP

HERE = pathlib.Path(__file__).resolve().parent


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolution", type=int, choices=[28, 64], default=28)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20, help="timed steps of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ganymede", nargs="+", default=["target/release/ganymede"], help="one binary or several")
    parser.add_argument("--keras", help="the Python that has Keras")
    parser.add_argument("--torch", help="the Python that has PyTorch")
    return parser.parse_args()


def random_pictures(path, side, channels, count=256):
    """A .npy file of u8 (count, side, side, channels)."""
    shape = (count, side, side, channels)
    header = repr({"descr": "|u1", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
        file.write(random.Random(1).randbytes(count * side * side * channels))


def run(command, environment):
    """Standard output, and the peak of resident memory in MiB."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | environment)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {os.waitstatus_to_exitcode(status)}")
    return output.decode(), usage.ru_maxrss / 1024


def ganymede(program, arguments, folder):
    data = folder / f"random-{arguments.resolution}.npy"
    if not data.exists():
        random_pictures(data, arguments.resolution, {28: 1, 64: 3}[arguments.resolution])
    steps = arguments.steps + WARM_UP + 1
    output, peak = run(
        [program, "train", data, "--preset", "dcgan", "--batch", str(arguments.batch), "--steps", str(steps),
         "--threads", str(arguments.threads), "--set", "train.tick_every=1", "--snapshot-every", "0",
         "--checkpoint-every", "0", "--outdir", folder / "runs", "--json"], {})
    ticks = [json.loads(line) for line in output.splitlines()]
    times = [tick["sec_per_step"] * 1e3 for tick in ticks if tick.get("kind") == "tick"]
    return times[WARM_UP + 1:], peak


def peer(python, script, arguments, environment):
    output, peak = run(
        [python, HERE / script, "--resolution", str(arguments.resolution), "--batch", str(arguments.batch),
         "--steps", str(arguments.steps), "--threads", str(arguments.threads), "--json"], environment)
    return json.loads(output)["ms_per_step"]["all"], peak


def main():
    arguments = options()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        programs = {str(program): lambda program=program: ganymede(program, arguments, folder)
                    for program in arguments.ganymede}
        if arguments.keras:
            for name, value in [("Keras, oneDNN on", "1"), ("Keras", "0")]:
                programs[name] = lambda value=value: peer(
                    arguments.keras, "keras_dcgan.py", arguments, {"TF_ENABLE_ONEDNN_OPTS": value})
        if arguments.torch:
            programs["PyTorch"] = lambda: peer(arguments.torch, "torch_dcgan.py", arguments, {})
        times, peaks = {name: [] for name in programs}, {name: 0 for name in programs}
        for _ in range(arguments.rounds):
            for name, program in programs.items():
                measured, peak = program()
                times[name].append(measured)
                peaks[name] = max(peaks[name], peak)
    print(f"{arguments.resolution} pixels, batch {arguments.batch}, {arguments.threads} threads, "
          f"{arguments.rounds} rounds of {arguments.steps} steps\n")
    print("| | median, ms a step | medians of the rounds | peak memory, MiB |\n|---|---|---|---|")
    for name, rounds in times.items():
        medians = ", ".join(f"{statistics.median(each):.0f}" for each in rounds)
        print(f"| {name} | {statistics.median(sum(rounds, [])):.0f} | {medians} | {peaks[name]:.0f} |")


if __name__ == "__main__":
    main()
