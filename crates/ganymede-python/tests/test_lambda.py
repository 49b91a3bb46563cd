"""`Lambda`: a function that is written down as the text of a layer, beside the engine's own layers and Keras's."""

import numpy as np
import pytest
from conftest import ADAM, small_discriminator, small_images

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers, ops


def array(*shape):
    return np.random.default_rng(4).normal(size=shape).astype(np.float32)


def of_one(layer, *shape):
    """A network of one layer on one input."""
    x = keras.Input(shape)
    return keras.Model(x, layer(x))


def test_a_function_is_the_layer_that_computes_the_same():
    swish = lambda x: x * ops.sigmoid(x)  # noqa: E731
    x = array(5, 3, 4)
    expected = of_one(layers.Activation("silu"), 3, 4).predict(x)
    np.testing.assert_array_equal(of_one(layers.Lambda(swish), 3, 4).predict(x), expected)
    stack = keras.Sequential([keras.Input((3, 4)), layers.Lambda(swish, name="swish")])
    np.testing.assert_array_equal(stack.predict(x), expected)
    assert stack.network_config()["layers"][1] == {
        "class_name": "ganymede>Expression", "value": "t0 = sigmoid(x)\nt1 = x * t0\nt1\n", "name": "swish",
    }  # fmt: skip
    # The same text as a layer, and the function in the layer's configuration.
    text = layers.Expression("x * sigmoid(x)")
    np.testing.assert_array_equal(of_one(text, 3, 4).predict(x), expected)
    again = layers.Lambda.from_config(layers.Lambda(swish, name="a").get_config())
    assert again.written() == layers.Lambda(swish).written() and again.name == "a"


def test_a_function_of_several_tensors_gets_a_list():
    x, y = keras.Input((3, 4)), keras.Input((3, 4))
    made = layers.Lambda(lambda pair, by: pair[0] * pair[1] + by * pair[0], arguments={"by": 2.0})([x, y])
    assert made.shape == (None, 3, 4)
    one, two = array(5, 3, 4), array(5, 3, 4) + 1
    np.testing.assert_allclose(keras.Model([x, y], made).predict([one, two]), one * two + 2 * one, rtol=1e-6)


def test_sizes_are_known_and_the_batch_is_its_name():
    def halves(x):
        batch, width = x.shape
        assert width == 6 and x.ndim == 2
        left, right = ops.slice(x, [0, 0], [batch, 3]), ops.slice(x, [0, 3], [batch, 3])
        return ops.reshape(left * right, (batch, 3, 1))

    model, x = of_one(layers.Lambda(halves, output_shape=(3, 1)), 6), array(5, 6)
    np.testing.assert_allclose(model.predict(x), (x[:, :3] * x[:, 3:])[..., None], rtol=1e-6)
    assert of_one(layers.Lambda(halves, output_shape=lambda shape: (shape[0], 3, 1)), 6).output_shape == (None, 3, 1)
    with pytest.raises(gm.SpecError, match=r"expected output_shape=\(3, 1\), which the function gives, found \(6,\)"):
        of_one(layers.Lambda(halves, output_shape=(6,)), 6)
    with pytest.raises(TypeError, match="Sequential model, found `x.shape`"):
        keras.Sequential([keras.Input((6,)), layers.Lambda(halves)])


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (lambda x: ops.mean(x), gm.SpecError, r"line 2 of `value`, `t0`: expected a tensor of \d+ samples .* found shape \(\)"),
        (lambda x: ops.transpose(x), gm.SpecError, "leave the first axis as it is"),
        (lambda x: 3.0, gm.SpecError, "expected a tensor as its result, found float"),
        (lambda x: x if x > 0 else -x, TypeError, "ops.where"),
        (lambda x: np.tanh(x), TypeError, "numpy|ufunc"),
        (lambda x: np.asarray(x), TypeError, "numpy cannot take its tensors"),
        (lambda x: x[:, 0], TypeError, "ops.slice"),
        (lambda x: float(x), TypeError, "no value yet"),
        (lambda x: ops.matmul(x, x), gm.SpecError, "line 1 of `value`"),
    ],
)
def test_what_cannot_be_written_down_is_told(function, error, words):
    with pytest.raises(error, match=words):
        of_one(layers.Lambda(function), 2, 3)


def test_what_keras_may_tell_a_function_is_refused():
    with pytest.raises(TypeError, match="`mask`, found one; masks do not exist here"):
        layers.Lambda(lambda x: x, mask=lambda x, mask: mask)
    with pytest.raises(TypeError, match="the parameter `training`; Dropout and GaussianNoise"):
        layers.Lambda(lambda x, training=None: x)
    with pytest.raises(TypeError, match="expected a function of tensors, found str"):
        layers.Lambda("x * 2")
    with pytest.raises(TypeError, match="found `units`"):
        layers.Lambda(lambda x: x, units=3)
    with pytest.raises(gm.SpecError, match="expected a function, found `sigmod`"):
        layers.Expression("sigmod(x)")
    x = keras.Input((3,))
    with pytest.raises(TypeError, match="layers.Lambda makes it one"):
        ops.sigmoid(x)
    grows = iter([1.0, 2.0])
    layer = layers.Lambda(lambda x: x * next(grows))
    with pytest.raises(gm.SpecError, match="the same at every use"):
        layer(layer(x))


def test_a_network_with_a_function_trains_and_goes_on_without_it(tmp_path):
    generator = keras.Sequential([
        keras.Input((4,)), layers.Dense(64), layers.Lambda(lambda x: x * ops.sigmoid(x)), layers.Dense(64), layers.Reshape((8, 8, 1)),
        layers.Lambda(lambda x: ops.tanh(x - ops.mean(x, axis=(1, 2), keepdims=True))),
    ])  # fmt: skip
    gan = gm.GAN(generator, small_discriminator()).compile(ADAM(), ADAM(), "wasserstein", penalties=["gradient_penalty"])
    gan.fit(small_images(), batch_size=16, steps=2, verbose=0)
    assert 'class_name = "ganymede>Expression"' in (gan.run / "spec.toml").read_text()
    again = gm.resume(gan.run, steps=3, verbose=0)
    assert np.isfinite(again.sample(2)).all()
    gan.export(tmp_path / "generator.onnx")
    with pytest.raises(gm.Error, match=r"ganymede>Expression.*found a text; Keras's Lambda holds the byte code"):
        generator.save(tmp_path / "generator.keras")


def test_numbers_are_those_of_keras_and_its_own_lambda_is_not_read():
    real = pytest.importorskip("keras")

    def function(ops):
        return lambda x: ops.softmax(x, axis=1) * x - ops.max(x, axis=-1, keepdims=True) / (1 + ops.square(x))

    x = array(5, 3, 4)
    expected = np.asarray(real.layers.Lambda(function(real.ops))(x))
    np.testing.assert_allclose(of_one(layers.Lambda(function(ops)), 3, 4).predict(x), expected, rtol=1e-5, atol=1e-6)
    theirs = real.Sequential([real.Input((4,)), real.layers.Lambda(lambda x: x), real.layers.Dense(64), real.layers.Reshape((8, 8, 1))])
    with pytest.raises(gm.Error, match="found `Lambda`, which holds the byte code of a function") as raised:
        gm.GAN(theirs, small_discriminator())
    assert "ganymede>Expression" in raised.value.hint
