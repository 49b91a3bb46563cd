"""Whole models: summaries, counts, shapes and configs. Not here: training one (gan.py)."""

from common import keras

layers = keras.layers


def tutorial_generator(channels=1):
    """TensorFlow's DCGAN tutorial, 28 × 28."""
    transposed = dict(kernel_size=5, padding="same", use_bias=False)
    return keras.Sequential([
        keras.Input((100,)),
        layers.Dense(7 * 7 * 256, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Reshape((7, 7, 256)),
        layers.Conv2DTranspose(128, strides=1, **transposed),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Conv2DTranspose(64, strides=2, **transposed),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Conv2DTranspose(channels, strides=2, activation="tanh", **transposed),
    ], name="generator")


def tutorial_discriminator(channels=1):
    return keras.Sequential([
        keras.Input((28, 28, channels)),
        layers.Conv2D(64, 5, strides=2, padding="same"),
        layers.LeakyReLU(),
        layers.Dropout(0.3),
        layers.Conv2D(128, 5, strides=2, padding="same"),
        layers.LeakyReLU(),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(1),
    ], name="discriminator")


def pytorch_generator(channels=3, width=64):
    """PyTorch's DCGAN example, 64 × 64, in Keras's layers."""
    transposed = dict(kernel_size=4, use_bias=False)
    stack = [keras.Input((100,)), layers.Reshape((1, 1, 100)), layers.Conv2DTranspose(8 * width, **transposed)]
    for factor in [4, 2, 1]:
        stack += [layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU(),
                  layers.Conv2DTranspose(factor * width, strides=2, padding="same", **transposed)]
    stack += [layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU(),
              layers.Conv2DTranspose(channels, strides=2, padding="same", activation="tanh", **transposed)]
    return keras.Sequential(stack, name="generator")


def pytorch_discriminator(channels=3, width=64):
    convolution = dict(kernel_size=4, use_bias=False)
    stack = [keras.Input((64, 64, channels)), layers.Conv2D(width, strides=2, padding="same", **convolution),
             layers.LeakyReLU(negative_slope=0.2)]
    for factor in [2, 4, 8]:
        stack += [layers.Conv2D(factor * width, strides=2, padding="same", **convolution),
                  layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.LeakyReLU(negative_slope=0.2)]
    stack += [layers.Conv2D(1, **convolution), layers.Flatten()]
    return keras.Sequential(stack, name="discriminator")


def functional():
    """Two inputs, one layer used by both."""
    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    shared = layers.Dense(4, activation="relu", name="shared")
    joined = layers.Concatenate()([shared(left), shared(right)])
    hidden = layers.Dense(3)(joined)
    return keras.Model([left, right], [layers.Dense(1)(hidden), hidden], name="siamese")


def output_shapes(layer):
    output = layer.output
    many = output if isinstance(output, (list, tuple)) else [output]
    return [list(t.shape) for t in many]


def summaries(c):
    keras.config.set_floatx("float32")
    builders = {
        "tutorial_generator": tutorial_generator,
        "tutorial_discriminator": tutorial_discriminator,
        "pytorch_generator": pytorch_generator,
        "pytorch_discriminator": pytorch_discriminator,
        "functional": functional,
    }
    for name, build in builders.items():
        keras.backend.clear_session()
        model = build()
        lines = []
        model.summary(print_fn=lambda text, **_: lines.append(text))
        trainable = sum(int(w.numpy().size) for w in model.trainable_weights)
        c.add({
            "name": name,
            "model": model.name,
            "summary": "\n".join(lines),
            "total_parameters": model.count_params(),
            "trainable_parameters": trainable,
            "layers": [
                {"name": layer.name, "class": type(layer).__name__,
                 "output_shapes": output_shapes(layer) if not is_shared(layer) else None,
                 "parameters": layer.count_params(),
                 "weights": [{"path": w.path, "shape": list(w.shape)} for w in layer.weights]}
                for layer in model.layers
            ],
            "serialized": keras.saving.serialize_keras_object(model),
        })


def is_shared(layer):
    return len(layer._inbound_nodes) > 1


FILES = {"summaries": summaries}
