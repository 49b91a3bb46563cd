"""Reads event files with TensorBoard's own reader: not a part of the tests, since it needs Python.

    pip install tensorboard pillow
    ganymede train ring2d --preset mlp --steps 300 --tensorboard --evaluate-every 5
    ganymede resume last --steps 600 --tensorboard
    python reference/tensorboard/check.py runs/00000-mlp-ring2d [FOLDER]

For a run, and the event files in FOLDER (by default in its folder `tensorboard`): every number of events.jsonl is there once, under its tag
and step, and nothing else; every grid is there with the bytes of its file and its sizes; the spec is a text of the page for texts. Every record
passes the checksums of the reader.
Last run with Python 3.11.7, tensorboard 2.21.0.
"""

import io
import json
import pathlib
import sys

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def scalars_of(line):
    """Tags and values of a line."""
    if line["kind"] == "tick":
        for name, value in {**line["losses"], **line.get("numbers", {})}.items():
            yield f"Loss/{name}", value
        for name, value in line.get("scalars", {}).items():
            yield f"Scalars/{name}", value
        yield "Progress/kimg", line["kimg"]
        yield "Timing/total_sec", line["time"]
        yield "Timing/sec_per_step", line["sec_per_step"]
        yield "Timing/sec_per_kimg", line["sec_per_kimg"]
        yield "Timing/pause_sec", line.get("pause", 0.0)
        yield "Timing/wait_share", line["wait"]
        if line["sec_per_step"] > 0:
            yield "Timing/steps_per_sec", 1 / line["sec_per_step"]
        if line["resident_bytes"] > 0:
            yield "Resources/memory_gb", line["resident_bytes"] / 1e9
    elif line["kind"] == "metrics":
        for score in line["scores"]:
            of = "" if score["of"] == "samples" else f"/{score['of']}"
            yield f"Metrics/{score['metric']}{of}", score["value"]
    elif line["kind"] == "set_scalar":
        yield f"Scalars/{line['name']}", line["value"]


def main(run, folder):
    lines = [json.loads(text) for text in (run / "events.jsonl").read_text().splitlines()]
    wanted, grids = {}, []
    for line in lines:
        for tag, value in scalars_of(line):
            wanted.setdefault(tag, []).append((line["step"], np.float32(value)))
        if line["kind"] == "snapshot":
            grids.append((line["step"], (run / line["file"]).read_bytes()))
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    reader.Reload()
    tags = reader.Tags()
    found = {tag: [(event.step, np.float32(event.value)) for event in reader.Scalars(tag)] for tag in tags["scalars"]}
    assert found == wanted, {tag: (found.get(tag), wanted.get(tag)) for tag in {*found, *wanted} if found.get(tag) != wanted.get(tag)}
    images = reader.Images("Samples")
    assert [(image.step, image.encoded_image_string) for image in images] == grids
    for image in images:
        assert Image.open(io.BytesIO(image.encoded_image_string)).size == (image.width, image.height)
    (spec,) = reader.Tensors("Spec")
    assert reader.SummaryMetadata("Spec").plugin_data.plugin_name == "text"
    text = spec.tensor_proto.string_val[0].decode()
    assert text.startswith("```toml\n") and (run / "spec.toml").read_text().splitlines()[1] in text
    walls = [event.wall_time for event in reader.Scalars("Progress/kimg")]
    assert walls == sorted(walls)
    files = len(list(folder.glob("events.out.tfevents.*")))
    print(f"{files} files: {len(found)} tags, {sum(map(len, found.values()))} numbers, {len(images)} grids, the spec; steps {found['Progress/kimg'][0][0]} to {found['Progress/kimg'][-1][0]}")


if __name__ == "__main__":
    run = pathlib.Path(sys.argv[1])
    main(run, pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else run / "tensorboard")
