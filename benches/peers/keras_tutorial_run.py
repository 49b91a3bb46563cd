"""TensorFlow's DCGAN tutorial, trained on Fashion-MNIST for so many minutes as it stands (batches of 256, Adam 1e-4), and a grid
of its samples: what ganymede's default run is set beside.

    python keras_tutorial_run.py IMAGES.gz --minutes 5 --threads 2 --grid keras.png

IMAGES.gz is train-images-idx3-ubyte.gz. Minutes are of training alone, after the first step, in which the graph is built.
"""

import argparse
import gzip
import os
import time

parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
parser.add_argument("images")
parser.add_argument("--minutes", type=float, default=5.0)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--batch", type=int, default=256)
parser.add_argument("--grid", required=True)
parser.add_argument("--samples", help="also write so many samples to GRID.npy, uint8 (n, 28, 28, 1)", type=int, default=0)
arguments = parser.parse_args()

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image  # noqa: E402

from keras_tutorial import LATENT, networks  # noqa: E402

def main():
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    keras.utils.set_random_seed(0)
    with gzip.open(arguments.images) as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    data = tf.data.Dataset.from_tensor_slices((images.astype("float32") - 127.5) / 127.5)
    data = data.shuffle(60_000, seed=0).repeat().batch(arguments.batch).prefetch(2)
    generator, discriminator = networks(channels=1)
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    g_adam, d_adam = keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4)

    @tf.function
    def step(real):
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = generator(tf.random.normal((arguments.batch, LATENT)), training=True)
            real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
            g_loss = entropy(tf.ones_like(fake_logits), fake_logits)
            d_loss = entropy(tf.ones_like(real_logits), real_logits) + entropy(tf.zeros_like(fake_logits), fake_logits)
        g_adam.apply_gradients(zip(g_tape.gradient(g_loss, generator.trainable_variables), generator.trainable_variables))
        d_adam.apply_gradients(zip(d_tape.gradient(d_loss, discriminator.trainable_variables), discriminator.trainable_variables))

    begin, steps = None, 0
    for real in data:
        step(real)
        steps += 1
        begin = begin or time.monotonic()
        if time.monotonic() - begin >= 60 * arguments.minutes:
            break

    def samples(count):
        latents = np.random.default_rng(0).standard_normal((count, LATENT)).astype("float32")
        scaled = np.concatenate([generator(latents[i:i + 64], training=False).numpy() for i in range(0, count, 64)])
        return np.clip(np.round(scaled * 127.5 + 127.5), 0, 255).astype(np.uint8)

    grid = samples(64).reshape(8, 8, 28, 28).transpose(0, 2, 1, 3).reshape(224, 224)
    Image.fromarray(grid).save(arguments.grid)
    if arguments.samples:
        np.save(os.path.splitext(arguments.grid)[0] + ".npy", samples(arguments.samples))
    print(f"{steps} steps of {arguments.batch} in {arguments.minutes} minutes with {arguments.threads} threads")


main()
