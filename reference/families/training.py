"""Losses, optimizers, learning-rate schedules, constraints and regularizers."""

import numpy as np
import tensorflow as tf

from common import array, distinct, keras, rng_for, uniform

REDUCTIONS = ["sum_over_batch_size", "sum", "none"]


def loss(c, name, cls, config, y_true, y_pred):
    """Value and gradient of Σ value · cotangent with respect to y_pred."""
    rng = rng_for(c.file, name)
    function = getattr(keras.losses, cls)(**config)
    prediction = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(prediction)
        value = function(tf.constant(y_true), prediction)
        cotangent = uniform(rng, tuple(value.shape), 0.5, 1.5)
        total = tf.reduce_sum(value * cotangent)
    c.add({
        "name": name,
        "class": cls,
        "config": config,
        "y_true": array(y_true),
        "y_pred": array(y_pred),
        "value": array(value),
        "cotangent": array(cotangent),
        "gradient": array(tape.gradient(total, prediction)),
    })


def losses(c):
    rng = rng_for(c.file)
    probability = lambda shape: np.round(rng.uniform(0.03, 0.97, shape), 3)  # noqa: E731
    binary = lambda shape: rng.integers(0, 2, shape).astype("float64")  # noqa: E731
    one_hot = lambda shape: np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]  # noqa: E731

    for shape in [(4, 1), (3, 4), (2, 3, 2)]:
        rank = f"rank_{len(shape)}_{shape[-1]}"
        for reduction in REDUCTIONS:
            for from_logits in [True, False]:
                for smoothing in [0.0, 0.1]:
                    config = {"from_logits": from_logits, "label_smoothing": smoothing,
                              "reduction": reduction}
                    kind = f"{'logits' if from_logits else 'probabilities'}_{smoothing}_{reduction}_{rank}"
                    y_pred = uniform(rng, shape, -3, 3) if from_logits else probability(shape)
                    loss(c, f"bce_{kind}", "BinaryCrossentropy", config, binary(shape), y_pred)
                    if shape[-1] > 2:
                        loss(c, f"cce_{kind}", "CategoricalCrossentropy", config, one_hot(shape), y_pred)
            for cls, smooth in [("MeanSquaredError", {}), ("MeanAbsoluteError", {}),
                                ("Hinge", {}), ("Huber", {}), ("Huber", {"delta": 0.4})]:
                # Distinct values, and predictions with another parity: no |y - p| at a kink.
                y_true = np.round(uniform(rng, shape), 1)
                y_pred = np.round(uniform(rng, shape) * 2, 1) + 0.033
                if cls == "Hinge":
                    y_true = binary(shape)
                delta = smooth.get("delta")
                loss(c, f"{cls.lower()}{'' if delta is None else f'_{delta}'}_{reduction}_{rank}",
                     cls, {**smooth, "reduction": reduction}, y_true, y_pred)
        for from_logits in [True, False]:
            for reduction in REDUCTIONS:
                if shape[-1] > 1:
                    labels = rng.integers(0, shape[-1], shape[:-1]).astype("int32")
                    y_pred = uniform(rng, shape, -3, 3) if from_logits else probability(shape)
                    loss(c, f"scce_{'logits' if from_logits else 'probabilities'}_{reduction}_{rank}",
                         "SparseCategoricalCrossentropy",
                         {"from_logits": from_logits, "reduction": reduction}, labels, y_pred)
    for cls in ["BinaryCrossentropy", "CategoricalCrossentropy", "MeanSquaredError",
                "MeanAbsoluteError", "Hinge", "Huber"]:
        y_true = one_hot((3, 4))
        loss(c, f"{cls.lower()}_defaults", cls, {}, y_true, probability((3, 4)))
    loss(c, "sparsecategoricalcrossentropy_defaults", "SparseCategoricalCrossentropy", {},
         np.array([2, 0, 1], "int32"), probability((3, 4)))
    loss(c, "hinge_minus_one", "Hinge", {}, np.array([[-1.0, 1.0], [1.0, -1.0]]),
         np.array([[0.3, 0.4], [1.7, -1.6]]))
    loss(c, "bce_large_logits", "BinaryCrossentropy", {"from_logits": True, "reduction": "none"},
         np.array([[0.0], [1.0], [0.0], [1.0], [0.3]]),
         np.array([[50.0], [50.0], [-50.0], [-50.0], [90.0]]))
    loss(c, "bce_saturated", "BinaryCrossentropy", {"reduction": "none"},
         np.array([[0.0], [1.0], [0.0], [1.0]]), np.array([[1.0], [1.0], [0.0], [0.0]]))
    loss(c, "cce_large_logits", "CategoricalCrossentropy", {"from_logits": True},
         np.eye(3), np.array([[50.0, -50.0, 0.0], [50.0, -50.0, 0.0], [0.0, 90.0, 89.0]]))


def optimizer(c, name, cls, config, steps=5, schedule=None, constraint=None):
    """Two variables, given gradients: values after every step, slots after the last."""
    rng = rng_for(c.file, name)
    shapes = {"kernel": (3, 2), "bias": (4,)}
    start = {n: uniform(rng, s) for n, s in shapes.items()}
    variables = [keras.Variable(v, name=n) for n, v in start.items()]
    arguments = dict(config)
    if schedule:
        cls_schedule, config_schedule = schedule
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, cls_schedule)(**config_schedule)
        config = {**config, "learning_rate": {"class": cls_schedule, "config": config_schedule}}
    update = getattr(keras.optimizers, cls)(**arguments)
    recorded = []
    for step in range(steps):
        gradients = [uniform(rng, s, -2.0, 2.0) * (0.5, 1.0, 3.0, 0.2, 1.5)[step % 5] for s in shapes.values()]
        gradients = [np.round(g, 3) for g in gradients]
        rate = float(keras.ops.convert_to_numpy(update.learning_rate))
        update.apply([tf.constant(g) for g in gradients], variables)
        recorded.append({
            "learning_rate": rate,
            "gradients": [array(g) for g in gradients],
            "variables": [array(v) for v in variables],
        })
    slots = [v for v in update.variables if v.name not in ("iteration", "learning_rate")]
    c.add({
        "name": name,
        "class": cls,
        "config": config,
        "variables": [{"name": n, **array(v)} for n, v in start.items()],
        "steps": recorded,
        "slots": [{"name": v.name, **array(v)} for v in slots],
    })


def optimizers(c):
    own = {
        "SGD": [{"momentum": 0.9}, {"momentum": 0.8, "nesterov": True, "learning_rate": 0.05}],
        "RMSprop": [{"rho": 0.8, "epsilon": 1e-3}, {"momentum": 0.5}, {"centered": True},
                    {"momentum": 0.9, "centered": True, "learning_rate": 0.01, "rho": 0.95}],
        "Adam": [{"learning_rate": 2e-4, "beta_1": 0.5}, {"amsgrad": True, "learning_rate": 0.1},
                 {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3}],
        "AdamW": [{"weight_decay": 0.1, "learning_rate": 0.05}, {"amsgrad": True, "beta_1": 0.5}],
        "Adamax": [{"learning_rate": 0.05, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}],
        "Nadam": [{"learning_rate": 0.05, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}],
        "Lion": [{"learning_rate": 0.05, "beta_1": 0.5, "beta_2": 0.7}],
    }
    for cls, configs in own.items():
        low = cls.lower()
        optimizer(c, f"{low}_defaults", cls, {})
        for index, config in enumerate(configs):
            optimizer(c, f"{low}_{index + 1}", cls, config)
        optimizer(c, f"{low}_clipnorm", cls, {"clipnorm": 0.7, "learning_rate": 0.05})
        optimizer(c, f"{low}_clipvalue", cls, {"clipvalue": 0.4, "learning_rate": 0.05})
        optimizer(c, f"{low}_global_clipnorm", cls, {"global_clipnorm": 1.2, "learning_rate": 0.05})
        optimizer(c, f"{low}_weight_decay", cls, {"weight_decay": 0.02, "learning_rate": 0.05})
    optimizer(c, "sgd_clipnorm_not_reached", "SGD", {"clipnorm": 100.0})
    optimizer(c, "adam_schedule", "Adam", {}, schedule=(
        "ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}))


def schedules(c):
    steps = [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 15, 19, 20, 21, 25, 29, 30, 31, 35, 45, 50, 77, 100]
    cases = [
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9}),
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5,
                              "staircase": True}),
        ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
        ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5,
                              "staircase": True}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01,
                             "power": 2.0}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01,
                             "power": 0.5, "cycle": True}),
        ("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [1.0, 0.5, 0.1]}),
        ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
        ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.1}),
        ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.1,
                         "warmup_steps": 10}),
        ("CosineDecay", {"initial_learning_rate": 0.02, "decay_steps": 20, "alpha": 0.05,
                         "warmup_target": 0.1, "warmup_steps": 5}),
        ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
        ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.0,
                                 "m_mul": 0.8, "alpha": 0.1}),
        ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 3.0,
                                 "m_mul": 0.5, "alpha": 0.01}),
    ]
    for index, (cls, config) in enumerate(cases):
        schedule = getattr(keras.optimizers.schedules, cls)(**config)
        c.add({
            "name": f"{cls}_{index}",
            "class": cls,
            "config": config,
            "steps": steps,
            "values": [float(keras.ops.convert_to_numpy(schedule(s))) for s in steps],
        })


def constraints(c):
    cases = [
        ("MaxNorm", {}), ("MaxNorm", {"max_value": 0.8, "axis": 0}), ("MaxNorm", {"max_value": 0.9, "axis": 1}),
        ("MaxNorm", {"max_value": 1.0, "axis": [0, 1]}), ("NonNeg", {}), ("UnitNorm", {}),
        ("UnitNorm", {"axis": 1}), ("UnitNorm", {"axis": [0, 1, 2]}), ("MinMaxNorm", {}),
        ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.9, "rate": 0.6, "axis": 0}),
        ("MinMaxNorm", {"min_value": 2.0, "max_value": 2.5, "rate": 1.0, "axis": 1}),
    ]
    for index, (cls, config) in enumerate(cases):
        rng = rng_for(c.file, index)
        x = uniform(rng, (2, 3, 2, 2) if config.get("axis") == [0, 1, 2] else (3, 4))
        y = getattr(keras.constraints, cls)(**config)(tf.constant(x))
        c.add({"name": f"{cls}_{index}", "class": cls, "config": config,
               "input": array(x), "output": array(y)})


def regularizers(c):
    cases = [
        ("L1", {}), ("L1", {"l1": 0.3}), ("L2", {}), ("L2", {"l2": 0.3}), ("L1L2", {}),
        ("L1L2", {"l1": 0.1, "l2": 0.2}), ("OrthogonalRegularizer", {}),
        ("OrthogonalRegularizer", {"factor": 0.2, "mode": "columns"}),
    ]
    for index, (cls, config) in enumerate(cases):
        rng = rng_for(c.file, index)
        x = tf.constant(distinct(rng, (3, 4)))
        regularizer = getattr(keras.regularizers, cls)(**config)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = regularizer(x)
        gradient = tape.gradient(value, x)
        gradient = np.zeros(x.shape) if gradient is None else gradient
        c.add({"name": f"{cls}_{index}", "class": cls, "config": config, "input": array(x),
               "value": array(value), "gradient": array(gradient)})


FILES = {
    "losses": losses,
    "optimizers": optimizers,
    "schedules": schedules,
    "constraints": constraints,
    "regularizers": regularizers,
}
