"""A generator that is told the class: clothes of a kind that is asked for."""

import numpy as np

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers

CLASSES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
LATENT = 128
images, labels = gm.datasets.load("fashion-mnist")  # labels: whole numbers (10000,)

noise = keras.Input((LATENT,), name="latent")
label = keras.Input((), dtype="int32", name="label")  # an input of this name is given the class
x = layers.Concatenate()([noise, layers.Embedding(10, 50)(label)])
x = layers.LeakyReLU(0.2)(layers.Dense(7 * 7 * 128)(x))
x = layers.Reshape((7, 7, 128))(x)
x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(128, 4, strides=2, padding="same")(x))
x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(128, 4, strides=2, padding="same")(x))
x = layers.Conv2D(1, 7, padding="same", activation="sigmoid")(x)
generator = keras.Model([noise, label], x, name="generator")

picture = keras.Input((28, 28, 1), name="picture")
label = keras.Input((), dtype="int32", name="label")
plane = layers.Reshape((28, 28, 1))(layers.Embedding(10, 28 * 28)(label))
x = layers.Concatenate()([picture, plane])
x = layers.LeakyReLU(0.2)(layers.Conv2D(64, 3, strides=2, padding="same")(x))
x = layers.LeakyReLU(0.2)(layers.Conv2D(128, 3, strides=2, padding="same")(x))
x = layers.Dense(1)(layers.GlobalMaxPooling2D()(x))
discriminator = keras.Model([picture, label], x, name="discriminator")

gan = gm.GAN(generator, discriminator)
gan.compile(
    d_optimizer=keras.optimizers.Adam(3e-4, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(3e-4, beta_1=0.5),
    loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
    ema=gm.EMA(half_life_kimg=5),
)
# A sigmoid gives 0 to 1, so the data must be 0 to 1 for the networks; without `range` fit says so and stops.
gan.fit(
    images,
    labels,
    batch_size=64,
    epochs=20,
    range=(0, 1),
    class_names=CLASSES,
    metrics=["frechet_distance"],
    callbacks=[keras.callbacks.EarlyStopping(monitor="frechet_distance", patience=3)],
)

boots = gan.sample(16, labels="boot")  # (16, 28, 28, 1), float32 in 0 to 1
one_of_each = gan.sample(labels=range(10), seeds=[7] * 10)  # the same latent in ten classes
z = np.random.default_rng(0).normal(size=(1, LATENT)).astype("float32")
path = np.linspace(z, -z, 9).reshape(9, LATENT)
gan.sample(latents=path, labels=[4] * 9).save("coats.png", columns=9)
balanced = gan.sample(500, labels="shirt").to_uint8()  # more of a rare class
print(boots.shape, one_of_each.shape, balanced.dtype)
