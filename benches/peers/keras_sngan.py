"""SNGAN's training step with residual networks at 32 × 32 in Keras 3: the peer of `benches/workloads/sngan.toml`."""

import peer

arguments = peer.options(__doc__)

import keras_peer  # noqa: E402
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402
from keras import layers  # noqa: E402

LATENT = 128


def convolution(filters, kernel_size, **more):
    return layers.Conv2D(filters, kernel_size, padding="same", **more)


def generator(width=256):
    latent = keras.Input((LATENT,))
    x = layers.Reshape((4, 4, width))(layers.Dense(16 * width)(latent))
    for _ in range(3):
        y = layers.UpSampling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
        y = convolution(width, 3)(y)
        y = convolution(width, 3)(layers.ReLU()(layers.BatchNormalization()(y)))
        x = layers.Add()([y, convolution(width, 1)(layers.UpSampling2D()(x))])
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return keras.Model(latent, convolution(3, 3, activation="tanh")(x))


def discriminator(width=128):
    def normal(kernel_size):
        return layers.SpectralNormalization(convolution(width, kernel_size))

    def halve(x):
        return layers.AveragePooling2D(2)(x)

    image = keras.Input((32, 32, 3))
    y = normal(3)(layers.ReLU()(normal(3)(image)))
    x = layers.Add()([halve(y), normal(1)(halve(image))])
    y = normal(3)(layers.ReLU()(normal(3)(layers.ReLU()(x))))
    x = layers.Add()([halve(y), halve(normal(1)(x))])
    for _ in range(2):
        y = normal(3)(layers.ReLU()(normal(3)(layers.ReLU()(x))))
        x = layers.Add()([y, x])
    x = layers.Rescaling(64.0)(layers.GlobalAveragePooling2D()(layers.ReLU()(x)))
    return keras.Model(image, layers.SpectralNormalization(layers.Dense(1))(x))


def alternating_fresh(generator, discriminator, g_adam, d_adam, batch):
    """The discriminator's update, then the generator's on new latents; a power iteration in each."""

    @tf.function
    def step(real):
        fake = generator(tf.random.normal((batch, LATENT)), training=True)
        with tf.GradientTape() as tape:
            # One batch: nothing in the network couples samples.
            logits = discriminator(tf.concat([real, fake], 0), training=True)
            real_logits, fake_logits = tf.split(logits, 2)
            d_loss = tf.reduce_mean(tf.nn.relu(1 - real_logits)) + tf.reduce_mean(tf.nn.relu(1 + fake_logits))
        d_adam.apply(tape.gradient(d_loss, discriminator.trainable_variables), discriminator.trainable_variables)
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal((batch, LATENT)), training=True)
            g_loss = -tf.reduce_mean(discriminator(fake, training=True))
        g_adam.apply(tape.gradient(g_loss, generator.trainable_variables), generator.trainable_variables)
        return d_loss, g_loss

    return step


def main():
    keras_peer.start(arguments)
    models = generator(), discriminator()
    optimizers = keras_peer.optimizers(models, learning_rate=2e-4, beta_1=0.0, beta_2=0.9)
    train = alternating_fresh(*models, *optimizers, arguments.batch)
    data = keras_peer.batches(arguments, 32, 32, 3)
    keras_peer.run(arguments, "sngan", "alternating_fresh", train, models, data)


main()
