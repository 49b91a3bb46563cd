"""Models of Keras itself, whatever its backend: ganymede trains them, and hands them their weights back."""

import keras
from keras import layers

import ganymede as gm

images, _ = gm.datasets.load("fashion-mnist")
generator = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(7 * 7 * 64, activation="relu"),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(64, 4, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
    ]
)
discriminator = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(64, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(1),
    ]
)
adam = keras.optimizers.Adam(2e-4, beta_1=0.5)
gan = gm.GAN(generator, discriminator).compile(adam, adam, "hinge")
gan.fit(images, epochs=5)
print(generator.predict(keras.random.normal((4, 64))).shape)  # the Keras model holds the trained weights
