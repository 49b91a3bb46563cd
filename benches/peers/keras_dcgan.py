"""DCGAN's training step in Keras 3: the peer of ganymede's `dcgan` preset; or samples of its generator."""

import peer

CHANNELS = {28: 1, 64: 3}

arguments = peer.options(__doc__, resolutions=sorted(CHANNELS), sample=True)

import keras_peer  # noqa: E402
from keras_tutorial import LATENT, networks  # noqa: E402
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402
from keras import layers  # noqa: E402

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


def tutorial(channels):
    """TensorFlow's DCGAN tutorial, and its Adam."""
    return *networks(channels), {"learning_rate": 1e-4}


def paper(channels, width=64):
    """The DCGAN paper's networks as in PyTorch's example: 64 × 64, 4x4 kernels."""
    normal = keras.initializers.RandomNormal
    convolution = dict(kernel_size=4, use_bias=False, kernel_initializer=normal(stddev=0.02))
    halved = dict(strides=2, padding="same", **convolution)

    def normalization():
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=normal(1.0, 0.02))

    generator = [keras.Input((LATENT,)), layers.Reshape((1, 1, LATENT)),
                 layers.Conv2DTranspose(8 * width, **convolution)]
    for factor in [4, 2, 1]:
        generator += [normalization(), layers.ReLU(), layers.Conv2DTranspose(factor * width, **halved)]
    generator += [normalization(), layers.ReLU(),
                  layers.Conv2DTranspose(channels, activation="tanh", **halved)]
    discriminator = [keras.Input((64, 64, channels)), layers.Conv2D(width, **halved),
                     layers.LeakyReLU(negative_slope=0.2)]
    for factor in [2, 4, 8]:
        discriminator += [layers.Conv2D(factor * width, **halved), normalization(),
                          layers.LeakyReLU(negative_slope=0.2)]
    discriminator += [layers.Conv2D(1, **convolution), layers.Flatten()]
    adam = {"learning_rate": 2e-4, "beta_1": 0.5}
    return keras.Sequential(generator), keras.Sequential(discriminator), adam


def losses(real_logits, fake_logits):
    real = cross_entropy(tf.ones_like(real_logits), real_logits)
    return real + cross_entropy(tf.zeros_like(fake_logits), fake_logits)


def simultaneous(generator, discriminator, g_adam, d_adam, batch):
    """Both gradients from one set of fakes and one pass through the discriminator, then both updates."""

    @tf.function
    def step(real):
        latent = tf.random.normal((batch, LATENT))
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = generator(latent, training=True)
            real_logits = discriminator(real, training=True)
            fake_logits = discriminator(fake, training=True)
            g_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            d_loss = losses(real_logits, fake_logits)
        g_gradients = g_tape.gradient(g_loss, generator.trainable_variables)
        d_gradients = d_tape.gradient(d_loss, discriminator.trainable_variables)
        g_adam.apply(g_gradients, generator.trainable_variables)
        d_adam.apply(d_gradients, discriminator.trainable_variables)
        return d_loss, g_loss

    return step


def alternating(generator, discriminator, g_adam, d_adam, batch):
    """The discriminator's update, then the generator's loss on the same fakes through the updated one."""

    @tf.function
    def step(real):
        latent = tf.random.normal((batch, LATENT))
        with tf.GradientTape() as g_tape:
            fake = generator(latent, training=True)
            with g_tape.stop_recording():
                with tf.GradientTape() as d_tape:
                    d_loss = losses(discriminator(real, training=True), discriminator(fake, training=True))
                d_gradients = d_tape.gradient(d_loss, discriminator.trainable_variables)
                d_adam.apply(d_gradients, discriminator.trainable_variables)
            fake_logits = discriminator(fake, training=True)
            g_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
        g_adam.apply(g_tape.gradient(g_loss, generator.trainable_variables), generator.trainable_variables)
        return d_loss, g_loss

    return step


def draw(generator):
    """One batch of images as bytes, from one compiled function."""

    @tf.function
    def images():
        scaled = generator(tf.random.normal((arguments.batch, LATENT)), training=False) * 127.5 + 127.5
        return tf.cast(tf.clip_by_value(tf.round(scaled), 0, 255), tf.uint8)

    return lambda: images().numpy()


def main():
    keras_peer.start(arguments)
    channels = CHANNELS[arguments.resolution]
    build, rule = (tutorial, simultaneous) if arguments.resolution == 28 else (paper, alternating)
    *models, adam = build(channels)
    if arguments.sample:
        measured = peer.measure_samples(draw(models[0]), arguments.sample, arguments.batch)
        return keras_peer.report(arguments, "sample", None, models, measured)
    optimizers = keras_peer.optimizers(models, **adam)
    train = rule(*models, *optimizers, arguments.batch)
    data = keras_peer.batches(arguments, arguments.resolution, arguments.resolution, channels)
    keras_peer.run(arguments, "dcgan", rule.__name__, train, models, data)


main()
