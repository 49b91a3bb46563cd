"""What the works in Keras 3 on TensorFlow share: threads, data, the run. Not here: networks and losses (one file a work).

Graph mode: a step is one `tf.function`.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402

import peer  # noqa: E402


def start(arguments):
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    keras.utils.set_random_seed(1)


def optimizers(models, **adam):
    """One Adam for each model, its slots made."""
    made = [keras.optimizers.Adam(**adam) for _ in models]
    for optimizer, model in zip(made, models):
        optimizer.build(model.trainable_variables)
    return made


def batches(arguments, *sizes):
    """Four batches of numbers from −1 to 1."""
    rng = np.random.default_rng(1)
    size = (arguments.batch, *sizes)
    return [tf.constant(rng.uniform(-1, 1, size).astype("float32")) for _ in range(4)]


def run(arguments, work, update, train, models, data):
    """Measures `train(batch)`, which takes a step and gives its losses, and reports."""

    def step(batch):
        losses = [float(loss) for loss in train(batch)]
        assert np.isfinite(losses).all(), losses

    report(arguments, work, update, models, peer.measure(step, data, arguments.steps))


def report(arguments, work, update, models, measured):
    counts = [sum(int(np.prod(v.shape)) for v in model.trainable_variables) for model in models]
    sizes = dict(zip(("generator", "discriminator"), counts))
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    peer.report(arguments, work, "keras", update, sizes, versions, measured)
