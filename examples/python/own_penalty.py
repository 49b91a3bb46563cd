"""WGAN-GP with losses and a penalty of one's own, written as functions: they become part of the run, which goes on without Python."""

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers, ops

LATENT = 128
images, _ = gm.datasets.load("fashion-mnist")
images = (images.astype("float32") - 127.5) / 127.5  # the networks see exactly these numbers


def conv_block(x, filters, dropout=False):
    x = layers.Conv2D(filters, 5, strides=2, padding="same")(x)
    x = layers.LeakyReLU(0.2)(x)
    return layers.Dropout(0.3)(x) if dropout else x


def critic():
    picture = keras.Input((28, 28, 1))
    x = layers.ZeroPadding2D(2)(picture)
    x = conv_block(x, 64)
    x = conv_block(x, 128, dropout=True)
    x = conv_block(x, 256, dropout=True)
    return keras.Model(picture, layers.Dense(1)(layers.Flatten()(x)), name="discriminator")


def upsample_block(x, filters, activation):
    x = layers.UpSampling2D(2)(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return activation(layers.BatchNormalization()(x))


def painter():
    noise = keras.Input((LATENT,))
    x = layers.Dense(4 * 4 * 256, use_bias=False)(noise)
    x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
    x = layers.Reshape((4, 4, 256))(x)
    x = upsample_block(x, 128, layers.LeakyReLU(0.2))
    x = upsample_block(x, 64, layers.LeakyReLU(0.2))
    x = upsample_block(x, 1, layers.Activation("tanh"))
    return keras.Model(noise, layers.Cropping2D(2)(x), name="generator")


def critic_loss(real, fake):
    return ops.mean(fake) - ops.mean(real)


def painter_loss(fake):
    return -ops.mean(fake)


def gradient_penalty(s):
    x = s.mix(s.real, s.fake)  # one ε ~ U(0, 1) a sample
    slope = gm.grad(ops.sum(s.discriminator(x)), x)  # a gradient inside a loss
    norm = ops.sqrt(ops.sum(ops.square(slope), axis=(1, 2, 3)) + 1e-12)
    return ops.mean((norm - 1) ** 2)


class Monitor(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.sample(seeds=range(16)).save(f"epoch_{epoch:03}.png")


def adam():
    return keras.optimizers.Adam(learning_rate=0.0002, beta_1=0.5, beta_2=0.9)


gan = gm.GAN(generator=painter(), discriminator=critic(), latent_dim=LATENT)
gan.compile(
    d_optimizer=adam(),
    g_optimizer=adam(),
    d_loss_fn=critic_loss,
    g_loss_fn=painter_loss,
    penalties=[(gradient_penalty, 10.0)],
    n_critic=3,
)
gan.fit(images, batch_size=64, epochs=20, callbacks=[Monitor()])
print(gan.spec)  # the penalty stands in it: `ganymede train --config` needs no Python
