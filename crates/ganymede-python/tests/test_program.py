"""The tutorial's own listing, with `tensorflow` replaced: every defect in one report."""

import subprocess
import sys

import pytest

import ganymede as gm
from ganymede.program import check_program

LISTING = """
import ganymede as tf
from ganymede import keras
from ganymede.keras import layers

generator = keras.Sequential([
    layers.Dense(256, activation='relu', input_shape=(100,)),
    layers.Reshape((4, 4, 256)),
    layers.Conv2DTranspose(256, (3, 3), strides=(2, 2), activation='relu'),
    layers.Conv2D(3, (3, 3), activation='tanh'),
])
discriminator = keras.Sequential([
    layers.Conv2D(256, (3, 3), activation='relu', input_shape=(28, 28, 3)),
    layers.MaxPooling2D((2, 2)),
    layers.Flatten(),
    layers.Dense(1, activation='sigmoid'),
])

def discriminator_loss(y_true, y_pred):
    return keras.losses.BinaryCrossentropy(from_logits=True)(y_true, y_pred)

def generator_loss(y_true, y_pred):
    return keras.losses.BinaryCrossentropy(from_logits=True)(y_true, y_pred)

generator.compile(loss=generator_loss, optimizer=keras.optimizers.Adam(0.0002))
discriminator.compile(loss=discriminator_loss, optimizer=keras.optimizers.Adam(0.0002))
"""


def test_the_listing_has_all_six_defects_in_one_report(tmp_path):
    program = tmp_path / "listing.py"
    program.write_text(LISTING)
    report = check_program(program)
    assert sorted(finding[1] for finding in report.errors) == ["logits", "loss_args", "loss_args", "pairing", "shapes", "train_table"]
    assert "set units of the Dense before it to 4096" in str(report)
    told = subprocess.run([sys.executable, "-m", "ganymede", "check", str(program)], capture_output=True, text=True, env=_environment())
    assert told.returncode == 1 and told.stdout.rstrip().splitlines()[-1].startswith("6 errors")


def test_an_error_of_the_program_does_not_hide_the_rest(tmp_path):
    program = tmp_path / "listing.py"
    program.write_text(LISTING + "\ntape = tf.GradientTape()\n")
    report = check_program(program)
    assert len(report.errors) == 6 and "AttributeError" in str(report)
    program.write_text("x = 1 +")
    with pytest.raises(gm.SpecError, match="no generator and no discriminator") as caught:
        check_program(program)
    assert "SyntaxError" in caught.value.hint


def _environment():
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
