"""Constructor defaults and serialized configs of layers, initializers, losses, optimizers and the rest."""

import inspect

from common import keras

REQUIRED = {
    "Dense": {"units": 3}, "Embedding": {"input_dim": 5, "output_dim": 3},
    "Reshape": {"target_shape": [2, 3]}, "Permute": {"dims": [2, 1]}, "RepeatVector": {"n": 3},
    "Activation": {"activation": "relu"}, "Rescaling": {"scale": 0.5}, "DepthwiseConv2D": {"kernel_size": 3},
    "SeparableConv2D": {"filters": 4, "kernel_size": 3}, "CategoryEncoding": {"num_tokens": 4},
    "Resizing": {"height": 4, "width": 5}, "LSTM": {"units": 3}, "GRU": {"units": 3}, "SimpleRNN": {"units": 3},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "Dropout": {"rate": 0.3}, "SpatialDropout2D": {"rate": 0.3}, "GaussianDropout": {"rate": 0.3},
    "GaussianNoise": {"stddev": 0.3}, "InputLayer": {"shape": [28, 28, 3]},
    **{f"Conv{n}D{t}": {"filters": 4, "kernel_size": 3} for n in (1, 2, 3) for t in ("", "Transpose")},
    **{f"AveragePooling{n}D": {"pool_size": 2} for n in (1, 2, 3)},
}
LAYERS = [
    "InputLayer", "Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
    "DepthwiseConv2D", "SeparableConv2D",
    *[f"{g}{k}Pooling{n}D" for g in ("", "Global") for k in ("Max", "Average") for n in (1, 2, 3)],
    *[f"{k}{n}D" for k in ("UpSampling", "ZeroPadding", "Cropping") for n in (1, 2, 3)],
    "Flatten", "Reshape", "Permute", "RepeatVector", "Concatenate", "Add", "Subtract", "Multiply", "Average",
    "Maximum", "Minimum", "Embedding", "BatchNormalization", "LayerNormalization", "GroupNormalization",
    "UnitNormalization", "SpectralNormalization", "Dropout", "SpatialDropout2D", "GaussianNoise",
    "GaussianDropout", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Rescaling",
    "CategoryEncoding", "Resizing", "LSTM", "GRU", "SimpleRNN", "MultiHeadAttention", "Bidirectional", "TimeDistributed",
]
WRAPPED = {
    "Bidirectional": lambda: keras.layers.LSTM(3), "SpectralNormalization": lambda: keras.layers.Dense(3),
    "TimeDistributed": lambda: keras.layers.Dense(3),
}
OTHERS = {
    "initializers": (
        ["Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal",
         "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "STFT", "TruncatedNormal",
         "VarianceScaling", "Zeros"], {}),
    "constraints": (["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"], {}),
    "regularizers": (["L1", "L2", "L1L2", "OrthogonalRegularizer"], {}),
    "losses": (
        ["BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "MeanSquaredError",
         "MeanAbsoluteError", "Hinge", "Huber"], {}),
    "optimizers": (["SGD", "RMSprop", "Adam", "AdamW", "Adamax", "Nadam", "Lion"], {}),
    "optimizers.schedules": (
        ["ExponentialDecay", "InverseTimeDecay", "PolynomialDecay", "PiecewiseConstantDecay", "CosineDecay",
         "CosineDecayRestarts"],
        {"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
         "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
         "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10},
         "PiecewiseConstantDecay": {"boundaries": [5, 20], "values": [1.0, 0.5, 0.1]},
         "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 20},
         "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 10}}),
}


def defaults(constructor):
    """Argument → default; arguments without one are left out."""
    parameters = inspect.signature(constructor).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def layers(c):
    keras.config.set_floatx("float32")  # as users have it
    for cls in LAYERS:
        keras.backend.clear_session()  # names start again
        constructor = getattr(keras.layers, cls)
        required = REQUIRED.get(cls, {})
        if cls in WRAPPED:
            layer = constructor(WRAPPED[cls]())
        else:
            layer = constructor(**required)
        c.add({"name": cls, "class": cls, "required": required, "defaults": defaults(constructor),
               "config": layer.get_config()})


def others(c):
    keras.config.set_floatx("float32")
    for module, (classes, required) in OTHERS.items():
        for cls in classes:
            constructor = keras
            for part in [*module.split("."), cls]:
                constructor = getattr(constructor, part)
            needed = required.get(cls, {})
            c.add({"name": f"{module}.{cls}", "class": cls, "required": needed, "defaults": defaults(constructor),
                   "config": constructor(**needed).get_config()})


FILES = {"layer_configs": layers, "other_configs": others}
