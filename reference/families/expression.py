"""Keras's `Lambda`: each text is a function of it and that of the layer `ganymede>Expression`."""

import keras

#: The text, shapes of the inputs.
TEXTS = {
    "silu": ("x * sigmoid(x)", [(2, 3, 4)]),
    "precedence": ("-x ** 2 + 3 * x / 2 - 2 ** -1", [(3, 4)]),
    "mean_of_a_sample": ("x - mean(x, axis=[1, 2], keepdims=True)", [(2, 3, 4)]),
    "deviation": ("std(x, axis=-1)", [(3, 5)]),
    "largest": ("max(x, axis=1) - min(x, axis=1)", [(2, 4, 3)]),
    "pieces": ("where(x > 0.5, square(x), leaky_relu(clip(x, -1, 1)))", [(3, 6)]),
    "shares": ("softmax(x, axis=1) * log1p(exp(x))", [(2, 3, 2)]),
    "part": ("slice(x, [0, 1, 0], [2, 2, 3])", [(2, 4, 3)]),
    "turned": ("reshape(transpose(x, axes=[0, 2, 1]), [-1, 12])", [(2, 3, 4)]),
    "gate": ("sigmoid(x1) * x1 + (1 - sigmoid(x1)) * tanh(x2)", [(3, 4), (3, 4)]),
    "scaled": ("x1 * reshape(x2, [-1, 1, 1, 2])", [(2, 3, 3, 2), (2, 2)]),
    "matrices": ("matmul(x1, transpose(x2, axes=[0, 2, 1])) / sqrt(3.0)", [(2, 4, 3), (2, 5, 3)]),
    "joined": ("concatenate([x1, x2 * x3], axis=-1)", [(2, 3), (2, 2), (2, 1)]),
}


def function(text):
    """The text as Python reads it, where its functions are `keras.ops`."""

    def value(inputs):
        several = inputs if isinstance(inputs, (list, tuple)) else []
        names = {f"x{number}": x for number, x in enumerate(several, 1)} or {"x": inputs}
        return eval(text, {**vars(keras.ops), **names})

    return value


def expression(c):
    for name, (text, shapes) in TEXTS.items():
        c.layer(name, "ganymede>Expression", {"value": text}, shapes, make=lambda text=text: keras.layers.Lambda(function(text)))


FILES = {"expression": expression}
