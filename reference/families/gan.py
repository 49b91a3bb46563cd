"""Two small GANs, three training steps each: losses, gradients of the first step, weights after every step."""

import tensorflow as tf

from common import array, keras, named, random_weight, rng_for, uniform

BATCH, LATENT, STEPS = 4, 3, 3

# The tutorial's shape in small, without dropout; defaults of Keras.
TUTORIAL = {
    "generator": [
        ("Input", {"shape": [LATENT]}),
        ("Dense", {"units": 16, "use_bias": False}),
        ("BatchNormalization", {}),
        ("LeakyReLU", {}),
        ("Reshape", {"target_shape": [2, 2, 4]}),
        ("Conv2DTranspose", {"filters": 3, "kernel_size": 5, "padding": "same", "use_bias": False}),
        ("BatchNormalization", {}),
        ("LeakyReLU", {}),
        ("Conv2DTranspose", {"filters": 1, "kernel_size": 5, "strides": 2, "padding": "same", "use_bias": False,
                             "activation": "tanh"}),
    ],
    "discriminator": [
        ("Input", {"shape": [4, 4, 1]}),
        ("Conv2D", {"filters": 3, "kernel_size": 5, "strides": 2, "padding": "same"}),
        ("LeakyReLU", {}),
        ("Flatten", {}),
        ("Dense", {"units": 1}),
    ],
}
# The DCGAN paper's shape in small; batch norm in both networks.
PAPER = {
    "generator": [
        ("Input", {"shape": [LATENT]}),
        ("Reshape", {"target_shape": [1, 1, LATENT]}),
        ("Conv2DTranspose", {"filters": 4, "kernel_size": 2, "use_bias": False}),
        ("BatchNormalization", {"momentum": 0.9, "epsilon": 1e-5}),
        ("ReLU", {}),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False,
                             "activation": "tanh"}),
    ],
    "discriminator": [
        ("Input", {"shape": [4, 4, 2]}),
        ("Conv2D", {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}),
        ("BatchNormalization", {"momentum": 0.9, "epsilon": 1e-5}),
        ("LeakyReLU", {"negative_slope": 0.2}),
        ("Conv2D", {"filters": 1, "kernel_size": 2, "use_bias": False}),
        ("Flatten", {}),
    ],
}


def build(table):
    return [
        keras.Sequential([getattr(keras.layers, cls)(**config) for cls, config in stack], name=name)
        for name, stack in table.items()
    ]


def entropy(target, logits):
    return keras.losses.BinaryCrossentropy(from_logits=True)(target, logits)


def discriminator_loss(discriminator, real, fake):
    real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
    return entropy(tf.ones_like(real_logits), real_logits) + entropy(tf.zeros_like(fake_logits), fake_logits)


def generator_loss(discriminator, fake):
    fake_logits = discriminator(fake, training=True)
    return entropy(tf.ones_like(fake_logits), fake_logits)


def values(model):
    return [v.value for v in model.trainable_weights]


def step(update, models, optimizers, real, latent):
    """One step; alternating: the generator sees the updated discriminator on the same fakes."""
    generator, discriminator = models
    with tf.GradientTape(persistent=True) as tape:
        fake = generator(latent, training=True)
        d_loss = discriminator_loss(discriminator, real, tf.stop_gradient(fake))
        if update == "simultaneous":
            g_loss = generator_loss(discriminator, fake)
    d_gradients = tape.gradient(d_loss, values(discriminator))
    if update == "simultaneous":
        g_gradients = tape.gradient(g_loss, values(generator))
        optimizers[1].apply(d_gradients, discriminator.trainable_weights)
    else:
        optimizers[1].apply(d_gradients, discriminator.trainable_weights)
        with tape:
            g_loss = generator_loss(discriminator, fake)
        g_gradients = tape.gradient(g_loss, values(generator))
    optimizers[0].apply(g_gradients, generator.trainable_weights)
    return d_loss, g_loss, d_gradients, g_gradients


def snapshot(model):
    return [{"path": w.path, **array(w)} for w in model.weights]


def gan(c):
    for update, table, adam in [
        ("simultaneous", TUTORIAL, {"learning_rate": 1e-2}),
        ("alternating", PAPER, {"learning_rate": 1e-2, "beta_1": 0.5}),
    ]:
        keras.backend.clear_session()
        rng = rng_for(c.file, update)
        models = generator, discriminator = build(table)
        optimizers = keras.optimizers.Adam(**adam), keras.optimizers.Adam(**adam)
        for model in models:
            for w in model.weights:
                w.assign(random_weight(rng, w.name, tuple(w.shape)) * (0.5 if w.name == "kernel" else 1))
        case = {
            "name": update,
            "update": update,
            "optimizer": {"class": "Adam", "config": adam},
            "models": {
                name: [{"class": cls, "config": config} for cls, config in stack] for name, stack in table.items()
            },
            "weights": {m.name: snapshot(m) for m in models},
            "steps": [],
        }
        for number in range(STEPS):
            real = uniform(rng, (BATCH, *discriminator.input_shape[1:]), -1, 1)
            latent = uniform(rng, (BATCH, LATENT))
            d_loss, g_loss, d_gradients, g_gradients = step(
                update, models, optimizers, tf.constant(real), tf.constant(latent))
            record = {
                "real": array(real),
                "latent": array(latent),
                "discriminator_loss": float(d_loss),
                "generator_loss": float(g_loss),
                "weights": {m.name: snapshot(m) for m in models},
            }
            if number == 0:
                record["gradients"] = {
                    "generator": [named(w, g) for w, g in zip(generator.trainable_weights, g_gradients)],
                    "discriminator": [named(w, g) for w, g in zip(discriminator.trainable_weights, d_gradients)],
                }
            case["steps"].append(record)
        c.add(case)


FILES = {"gan_steps": gan}
