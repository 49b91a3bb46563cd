"""Layers of several inputs, of sequences, and those that Keras does not have."""

import numpy as np
import pytest
from conftest import ADAM

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers


def attention(call):
    x, y, z = keras.Input((4, 6)), keras.Input((5, 3)), keras.Input((5, 2))
    return keras.Model([x, y, z], call(layers.MultiHeadAttention(2, 3, name="a"), x, y, z))


def test_attention_takes_its_tensors_by_place_and_by_name():
    by_place = attention(lambda layer, x, y, z: layer(x, y, z))
    assert [weight.path for weight in by_place.weights][:3] == ["a/query/kernel", "a/query/bias", "a/key/kernel"]
    assert by_place.output_shape == (None, 4, 6)
    arrays = [np.random.default_rng(1).normal(size=(3, *shape)).astype(np.float32) for shape in [(4, 6), (5, 3), (5, 2)]]
    expected = by_place.predict(arrays)
    for call in [
        lambda layer, x, y, z: layer(x, y, key=z),
        lambda layer, x, y, z: layer(x, key=z, value=y, use_causal_mask=False),
        lambda layer, x, y, z: layer(key=z, value=y, query=x, attention_mask=None),
    ]:
        model = attention(call)
        model.set_weights(by_place.get_weights())
        np.testing.assert_array_equal(model.predict(arrays), expected)


def test_what_does_not_exist_is_refused_with_a_reason():
    x = keras.Input((4, 6))
    with pytest.raises(TypeError, match="`use_causal_mask`; masks do not exist here"):
        layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    with pytest.raises(TypeError, match="`initial_state`; a recurrent layer starts from zeros"):
        layers.LSTM(3)(x, initial_state=[x, x])
    with pytest.raises(gm.SpecError, match="return_state"):
        layers.GRU(3, return_state=True)
    with pytest.raises(gm.SpecError, match="steps"):
        layers.LSTM(3)(keras.Input((4,)))
    with pytest.raises(gm.SpecError, match="num_tokens"):
        layers.CategoryEncoding()


def test_a_layer_of_a_program_that_is_one_of_ours_is_told():
    with pytest.raises(TypeError, match="`ganymede.keras.layers.ReflectionPadding2D` is one"):

        class ReflectionPadding2D(layers.Layer):
            pass


def test_a_mirror_is_that_of_numpy():
    x = keras.Input((5, 4, 2))
    model = keras.Model(x, layers.ReflectionPadding2D(((2, 1), (0, 3)))(x))
    image = np.random.default_rng(2).normal(size=(2, 5, 4, 2)).astype(np.float32)
    np.testing.assert_array_equal(model.predict(image), np.pad(image, [(0, 0), (2, 1), (0, 3), (0, 0)], mode="reflect"))


def test_networks_of_sequences_and_attention_train():
    generator = keras.Sequential([
        keras.Input((6,)), layers.Dense(4 * 8), layers.Reshape((4, 8)), layers.Bidirectional(layers.GRU(4, return_sequences=True)),
        layers.TimeDistributed(layers.Dense(8)), layers.LSTM(36), layers.Reshape((6, 6, 1)), layers.Resizing(8, 8, interpolation="nearest"),
        layers.ReflectionPadding2D(1), layers.Conv2D(1, 3, activation="tanh"),
    ])  # fmt: skip
    image = keras.Input((8, 8, 1))
    maps = layers.SpectralNormalization(layers.SelfAttention2D())(layers.Conv2D(8, 3, strides=2, padding="same")(image))
    steps = layers.Reshape((16, 8))(maps)
    attended = layers.MultiHeadAttention(2, 4)(steps, steps)
    discriminator = keras.Model(image, layers.Dense(1)(layers.SimpleRNN(5)(attended)))
    gan = gm.GAN(generator, discriminator).compile(ADAM(), ADAM(), "hinge", penalties=["gradient_penalty"])
    images = np.random.default_rng(3).uniform(-1, 1, size=(32, 8, 8, 1)).astype(np.float32)
    before = [weight.copy() for weight in generator.get_weights()]
    gan.fit(images, batch_size=8, epochs=1, verbose=0)
    after = gan.generator.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert any(not np.array_equal(one, two) for one, two in zip(before, after))
