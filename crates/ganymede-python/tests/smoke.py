"""A few steps with the package that is installed, as a program of its own: what a wheel has to be able to do."""

import tempfile

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers

images, labels = gm.datasets.load("fashion-mnist")
generator = keras.Sequential(
    [
        keras.Input((16,)),
        layers.Dense(7 * 7 * 8, activation="relu"),
        layers.Reshape((7, 7, 8)),
        layers.Conv2DTranspose(8, 4, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
    ]
)
discriminator = keras.Sequential(
    [keras.Input((28, 28, 1)), layers.Conv2D(8, 4, strides=2), layers.LeakyReLU(0.2), layers.Flatten(), layers.Dense(1)]
)
adam = keras.optimizers.Adam(2e-4, beta_1=0.5)
with tempfile.TemporaryDirectory() as outdir:
    gan = gm.GAN(generator, discriminator).compile(adam, adam)
    gan.fit(images[:500], batch_size=32, steps=3, outdir=outdir)
    assert gan.sample(4).shape == (4, 28, 28, 1)
    rows = gm.TabularGAN(epochs=1).fit({"a": list(range(100)), "b": ["x", "y"] * 50}).sample(5)
    assert list(rows) == ["a", "b"]
print(f"ganymede {gm.__version__} trained, sampled and made rows")
