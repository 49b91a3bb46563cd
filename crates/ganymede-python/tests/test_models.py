"""Networks: their forms, weights, and running them."""

import numpy as np
import pytest

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers


def test_a_graph_of_layers_with_shared_ones():
    shared = layers.Dense(3, activation="tanh")
    one, two = keras.Input((5,)), keras.Input((5,))
    out = layers.Dense(1)(shared(one) + shared(two) * 2.0)
    model = keras.Model([one, two], out)
    assert model.count_params() == 5 * 3 + 3 + 3 + 1 and model.output_shape == (None, 1)
    kernel, bias, last, offset = model.get_weights()
    a, b = np.random.default_rng(0).normal(size=(2, 7, 5)).astype(np.float32)
    expected = (np.tanh(a @ kernel + bias) + 2 * np.tanh(b @ kernel + bias)) @ last + offset
    np.testing.assert_allclose(model.predict([a, b]), expected, atol=1e-5)
    # More than a batch of the engine, and one alone, give the same.
    many = np.repeat(a, 20, axis=0)
    np.testing.assert_array_equal(model([many, many])[::20], model([a, a]))


def test_a_model_in_a_model():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2, use_bias=False)], name="inner")
    x = keras.Input((4,))
    outer = keras.Model(x, layers.Dense(3, use_bias=False)(inner(x)))
    first, second = outer.get_weights()
    a = np.eye(4, dtype=np.float32)
    np.testing.assert_allclose(outer(a), first @ second, atol=1e-6)


def test_names_are_those_of_keras_and_count_per_model():
    stack = [keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1, name="verdict")]
    model = keras.Sequential(stack)
    assert [weight.path for weight in model.weights] == [
        "conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias", "verdict/kernel", "verdict/bias",
    ]  # fmt: skip
    again = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1, name="verdict")])
    for one, two in zip(model.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_batch_statistics_and_dropout_are_those_of_use():
    model = keras.Sequential([keras.Input((3,)), layers.BatchNormalization(epsilon=0.0), layers.Dropout(0.9)])
    gamma, beta, mean, variance = np.array([2.0, 1, 1]), np.array([0.0, 1, 0]), np.array([1.0, 0, 0]), np.array([4.0, 1, 1])
    model.set_weights([gamma, beta, mean, variance])
    np.testing.assert_allclose(model(np.array([[3.0, 2.0, -1.0]])), [[2.0, 3.0, -1.0]], atol=1e-6)
    assert [weight.trainable for weight in model.weights] == [True, True, False, False]


def test_wrong_weights_and_arrays_are_refused():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="expected 2 arrays, found 1"):
        model.set_weights([np.zeros((3, 2))])
    with pytest.raises(ValueError, match=r"expected sizes \(3, 2\), found \(2, 3\)"):
        model.set_weights([np.zeros((2, 3)), np.zeros(2)])
    with pytest.raises(ValueError, match=r"\(N, 3\)"):
        model.predict(np.zeros((1, 4)))
    with pytest.raises(ValueError, match="keras.Input"):
        keras.Sequential([layers.Dense(2)]).get_weights()
    with pytest.raises(TypeError, match="ganymede.GAN"):
        model.fit(np.zeros((1, 3)))


def test_a_wide_table_of_initial_weights_is_a_function_of_the_seed():
    model = lambda: keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5))])  # noqa: E731
    keras.utils.set_random_seed(1)
    one = model().get_weights()
    keras.utils.set_random_seed(2)
    two = model().get_weights()
    assert (one[0] != two[0]).any()
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(model().get_weights()[0], one[0])
    keras.utils.set_random_seed(0)
    assert gm.keras.utils.seed() == 0
