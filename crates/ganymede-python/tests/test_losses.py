"""Losses and penalties as functions: what is written down, and that it trains as the engine's own terms do."""

import json

import numpy as np
import pytest
from conftest import small_discriminator, small_generator, small_images

import ganymede as gm
from ganymede import keras
from ganymede.keras import ops


def adam():
    return keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9)


def critic_loss(real, fake):
    return ops.mean(fake) - ops.mean(real)


def painter_loss(fake):
    return -ops.mean(fake)


def gradient_penalty(s):
    x = s.mix(s.real, s.fake)
    slope = gm.grad(ops.sum(s.discriminator(x)), x)
    norm = ops.sqrt(ops.sum(ops.square(slope), axis=(1, 2, 3)) + 1e-12)
    return ops.mean((norm - 1) ** 2)


def trained(steps=50, **compiled):
    """A GAN after some steps, and the losses of each."""
    gan = gm.GAN(small_generator(), small_discriminator()).compile(adam(), adam(), **compiled)
    seen = []

    class See(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    gan.fit(small_images(), batch_size=16, steps=steps, verbose=0, callbacks=[See()])
    for line in (gan.run / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["kind"] in ("tick", "replay"):
            seen.append({name.split("/")[0]: value for name, value in event["losses"].items() if "penalty" not in name})
    return gan, seen


def test_wgan_gp_in_python_is_the_built_in_one_to_the_bit():
    own, seen = trained(
        d_loss_fn=critic_loss, g_loss_fn=painter_loss, penalties=[(gradient_penalty, 10.0)], n_critic=3
    )
    built_in, expected = trained(loss_fn="wasserstein", penalties=[("gradient_penalty", 10.0)], n_critic=3)
    assert seen == expected and len(seen) >= 2
    for one, two in zip(own.generator.get_weights() + own.discriminator.get_weights(),
                        built_in.generator.get_weights() + built_in.discriminator.get_weights()):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(own.sample(8), built_in.sample(8))
    # The loss is data of the run: it goes on, also with the command.
    spec = (own.run / "spec.toml").read_text()
    assert 'class_name = "expression"' in spec and "grad(" in spec and 'name = "gradient_penalty"' in spec
    again = gm.resume(own.run, steps=53, verbose=0)
    assert (again.run / "checkpoints" / "latest").read_text().strip().endswith("53")


def test_a_loss_that_compares_is_keras_s_own():
    def compares(y_true, y_pred):
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)(y_true, y_pred)

    gan = gm.GAN(small_generator(), small_discriminator()).compile(adam(), adam(), compares)
    terms = [phase["terms"] for phase in gan._compiled["phases"]]
    assert terms == [[{"class_name": "BinaryCrossentropy", "from_logits": True, "label_smoothing": 0.1}]] * 2


def test_a_loss_that_compares_and_does_more_has_both_halves():
    def compares(y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred)) * 0.5

    own, _ = trained(steps=6, loss_fn=compares)
    built_in, _ = trained(steps=6, loss_fn="least_squares")
    # Both are ½·E (D(real) − 1)² + ½·E D(fake)²; sums are taken in another order.
    np.testing.assert_allclose(own.sample(4), built_in.sample(4), atol=1e-4)


def test_what_is_unused_is_not_written_and_noise_is_drawn_once_a_call():
    def penalty(s):
        s.real * 2.0
        noise, other = s.normal((16, 8, 8, 1)), s.normal((16, 8, 8, 1))
        return ops.mean(ops.square(s.discriminator(s.real + 0.01 * noise) - s.discriminator(s.real + 0.01 * other)))

    gan = gm.GAN(small_generator(), small_discriminator()).compile(adam(), adam(), "hinge", penalties=[penalty])
    text = gan._compiled["phases"][0]["terms"][1]["value"]
    assert text.count("normal(") == 2 and "real * 2.0" not in text
    gan.fit(small_images(), batch_size=16, steps=2, verbose=0)


def test_a_wrong_loss_is_told_before_the_first_step():
    gan = gm.GAN(small_generator(), small_discriminator())
    gan.compile(adam(), adam(), "hinge", penalties=[lambda s: s.discriminator(s.real)])
    with pytest.raises(gm.SpecError, match="scalar"):
        gan.fit(small_images(), batch_size=16, steps=1, verbose=0)
    gan.compile(adam(), adam(), "hinge", penalties=[lambda s: ops.mean(ops.matmul(s.real, s.latent))])
    with pytest.raises(gm.SpecError):
        gan.fit(small_images(), batch_size=16, steps=1, verbose=0)
    with pytest.raises(AttributeError, match="ops has no `fft`"):
        ops.fft


def test_every_function_of_a_loss_is_there():
    from ganymede import _ganymede

    names = {name for name, _, _ in _ganymede.functions()}
    assert {"mean", "sum", "sqrt", "where", "one_hot", "norm", "stop_gradient"} <= names
    scope = {"discriminator", "generator", "features", "class_logits", "network", "mix", "normal", "uniform", "field"}
    assert names - scope <= set(ops.__all__)
