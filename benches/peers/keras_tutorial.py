"""The networks of TensorFlow's DCGAN tutorial in Keras: 28 × 28, 5x5 kernels, Keras's defaults. Not here: steps that train them
(`keras_dcgan.py`), the tutorial's own run (`keras_tutorial_run.py`)."""

import keras
from keras import layers

LATENT = 100


def networks(channels):
    transposed = dict(kernel_size=5, padding="same", use_bias=False)
    generator = keras.Sequential([
        keras.Input((LATENT,)),
        layers.Dense(7 * 7 * 256, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.3),
        layers.Reshape((7, 7, 256)),
        layers.Conv2DTranspose(128, strides=1, **transposed),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.3),
        layers.Conv2DTranspose(64, strides=2, **transposed),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.3),
        layers.Conv2DTranspose(channels, strides=2, activation="tanh", **transposed),
    ])
    discriminator = keras.Sequential([
        keras.Input((28, 28, channels)),
        layers.Conv2D(64, 5, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.3),
        layers.Dropout(0.3),
        layers.Conv2D(128, 5, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.3),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(1),
    ])
    return generator, discriminator
