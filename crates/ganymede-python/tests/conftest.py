"""What the tests have in common: small networks, and a folder for runs."""

import numpy as np
import pytest

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers

ADAM = lambda: keras.optimizers.Adam(1e-3, beta_1=0.5)  # noqa: E731


def small_generator(side=8, activation="tanh", name="generator"):
    """A generator of images (side, side, 1) from 4 numbers."""
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(side // 2 * side // 2 * 4, activation="relu"),
            layers.Reshape((side // 2, side // 2, 4)),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation=activation),
        ],
        name=name,
    )


def small_discriminator(side=8):
    """A discriminator of images (side, side, 1)."""
    return keras.Sequential(
        [keras.Input((side, side, 1)), layers.Conv2D(4, 3), layers.LeakyReLU(0.2), layers.Flatten(), layers.Dense(1)],
        name="discriminator",
    )


def small_images(count=64, side=8):
    """Bright squares on black, as bytes."""
    images = np.zeros((count, side, side, 1), np.uint8)
    for number, image in enumerate(images):
        image[number % 3 : number % 3 + 4, number % 4 : number % 4 + 3] = 200 + number % 50
    return images


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANYMEDE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def gan():
    """A small GAN that is compiled."""
    return gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
