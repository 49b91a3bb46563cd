"""Models of Keras that have every layer that ganymede reads, wrappers, shared and nested layers. Not here: comparing (`check.py`)."""

import keras
from keras import layers as L
from keras import ops


def stack(*layers):
    return keras.Sequential(list(layers))


def dense():
    """Dense with every kind of argument that is an object."""
    return stack(
        keras.Input((6,)),
        L.Dense(8, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed=3), kernel_regularizer=keras.regularizers.L2(0.1)),
        L.Dense(8, activation="gelu", bias_initializer="ones", kernel_constraint=keras.constraints.MaxNorm(2.0)),
        L.Dense(5, use_bias=False, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform"),
                kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2)),
        L.Dense(3, kernel_initializer="orthogonal", kernel_constraint="non_neg"),
    )


def activations():
    """Layers that are activations."""
    return stack(
        keras.Input((4, 6)), L.Activation("tanh"), L.LeakyReLU(negative_slope=0.2), L.ReLU(max_value=6.0, negative_slope=0.1, threshold=0.05),
        L.PReLU(shared_axes=[1]), L.ELU(alpha=0.7), L.Softmax(axis=-1), L.Activation("silu"), L.Identity(), L.UnitNormalization(),
    )


def convolutions_1d():
    return stack(
        keras.Input((16, 3)), L.Conv1D(6, 5, padding="causal", dilation_rate=2), L.Conv1DTranspose(4, 3, strides=2, padding="same"),
        L.SeparableConv1D(5, 3, depth_multiplier=2), L.DepthwiseConv1D(3, depth_multiplier=2, padding="same"), L.ZeroPadding1D(2),
        L.Cropping1D(1), L.UpSampling1D(2), L.SpatialDropout1D(0.2), L.MaxPooling1D(2), L.AveragePooling1D(3, strides=2, padding="same"),
        L.GlobalAveragePooling1D(),
    )


def convolutions_2d():
    return stack(
        keras.Input((12, 12, 4)), L.Conv2D(8, (3, 2), strides=(2, 1), padding="same", groups=2), L.Conv2DTranspose(6, 4, strides=2, padding="same"),
        L.SeparableConv2D(5, 3), L.DepthwiseConv2D(3, depth_multiplier=2), L.ZeroPadding2D(((1, 0), (2, 1))), L.Cropping2D(((0, 1), (1, 0))),
        L.UpSampling2D((2, 1)), L.UpSampling2D(2, interpolation="bilinear"), L.SpatialDropout2D(0.1), L.MaxPooling2D(2),
        L.AveragePooling2D(2, padding="same"), L.GlobalMaxPooling2D(keepdims=True), L.Flatten(),
    )


def convolutions_3d():
    return stack(
        keras.Input((6, 6, 6, 2)), L.Conv3D(4, 3, padding="same"), L.Conv3DTranspose(3, 2, strides=2), L.ZeroPadding3D(1),
        L.Cropping3D(1), L.UpSampling3D(1), L.MaxPooling3D(2), L.AveragePooling3D(2), L.SpatialDropout3D(0.1), L.GlobalMaxPooling3D(),
    )


def more_pooling():
    x = keras.Input((5, 5, 3), name="x")
    a, b = L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)
    c = L.GlobalMaxPooling1D()(L.Reshape((25, 3))(x))
    d = L.GlobalAveragePooling3D()(L.Reshape((5, 5, 1, 3))(x))
    return keras.Model(x, L.Concatenate()([a, b, c, d]))


def normalizations():
    return stack(
        keras.Input((4, 4, 6)), L.BatchNormalization(), L.BatchNormalization(scale=False, momentum=0.8, epsilon=1e-5), L.BatchNormalization(center=False),
        L.LayerNormalization(), L.LayerNormalization(axis=[1, 2, 3], epsilon=1e-6), L.GroupNormalization(groups=3), L.GroupNormalization(groups=-1, scale=False),
    )


def shapes():
    return stack(
        keras.Input((12,)), L.Reshape((2, 6)), L.Permute((2, 1)), L.Flatten(), L.RepeatVector(3), L.Rescaling(0.5, offset=1.0),
        L.GaussianNoise(0.1), L.GaussianDropout(0.1), L.Dropout(0.3, seed=4), L.Reshape((-1,)),
    )


def sequences():
    """Recurrent layers, there and back."""
    return stack(
        keras.Input((5, 3)), L.LSTM(4, return_sequences=True, kernel_initializer="he_normal"), L.GRU(3, return_sequences=True, go_backwards=True),
        L.GRU(4, return_sequences=True, reset_after=False), L.SimpleRNN(3, return_sequences=True, use_bias=False),
        L.Bidirectional(L.LSTM(2, return_sequences=True, unit_forget_bias=False, recurrent_activation="hard_sigmoid")),
        L.TimeDistributed(L.Dense(3)), L.Bidirectional(L.SimpleRNN(2), merge_mode="sum"),
    )


def attention():
    """Attention that is given its tensors by place and by name. Of another value_dim Keras computes nothing on jax."""
    x, y = keras.Input((4, 6), name="x"), keras.Input((5, 3), name="y")
    a = L.MultiHeadAttention(2, 3)(x, y)
    b = L.MultiHeadAttention(2, 3, use_bias=False)(a, value=y, key=L.Dense(4)(y))
    c = L.MultiHeadAttention(1, 4, output_shape=3)(key=b, query=b, value=b)
    return keras.Model([x, y], L.MultiHeadAttention(2, 2)(c, c))


def images_and_labels():
    """Sizes of images, vectors of labels."""
    x, label = keras.Input((6, 7, 2), name="x"), keras.Input((), dtype="int32", name="label")
    one = L.CategoryEncoding(5, output_mode="one_hot")(label)
    y = L.Resizing(4, 9)(L.Resizing(8, 5, interpolation="nearest")(x))
    return keras.Model([x, label], L.Concatenate()([L.Flatten()(y), one]))


def merging():
    """Every layer that joins; Keras orders the inputs by depth, not as they are given."""
    a, b = keras.Input((5,), name="b_first"), keras.Input((5,), name="a_second")
    deep = L.Dense(5)(L.Dense(5)(b))
    joined = [L.Add()([a, b]), L.Subtract()([a, deep]), L.Multiply()([a, b]), L.Average()([a, b, deep]), L.Maximum()([a, b]), L.Minimum()([a, deep])]
    return keras.Model([a, b], L.Concatenate(axis=1)([*joined, L.Dot(axes=1)([a, b]), L.Dot(axes=1, normalize=True)([a, deep])]))


def operations():
    x, y = keras.Input((6,), name="x"), keras.Input((6,), name="y")
    z = ((x * 2.0 + 1.0) - 3) / 4.0
    z = 1.5 - (-z)
    z = 0.5 + 3 * z
    z = z * y + y - x
    return keras.Model([x, y], ops.tanh(L.Dense(4)(z)))


def shared():
    """Layers that are used more than once, the deeper use second."""
    a, b = keras.Input((6,)), keras.Input((6,))
    first, second = L.Dense(6, activation="relu"), L.Dense(6)
    one = second(first(a))
    two = first(second(b))
    return keras.Model([a, b], [L.Add()([one, two]), second(two)])


def nested():
    inner = stack(keras.Input((8,)), L.Dense(8), L.BatchNormalization(), L.Dense(8))
    z = keras.Input((8,), name="z")
    x = inner(z)
    a, b = keras.Input((8,)), keras.Input((8,))
    branch = keras.Model([a, b], [L.Dense(4)(a), L.Dense(4)(L.Add()([a, b]))], name="branch")
    left, right = branch([x, z])
    again, _ = branch([z, inner(x)])
    return keras.Model(z, L.Concatenate()([left, right, again]))


def nested_stack():
    return stack(keras.Input((6,)), stack(L.Dense(4), L.PReLU()), stack(keras.Input((4,)), L.Dense(4), stack(keras.Input((4,)), L.Dense(2))), L.Dense(1))


def wrapped():
    """Spectral normalization; `check.py` runs its power iteration to the end."""
    return stack(
        keras.Input((8, 8, 3)), L.SpectralNormalization(L.Conv2D(6, 3, strides=2, padding="same")), L.LeakyReLU(),
        L.SpectralNormalization(L.Conv2DTranspose(4, 3, use_bias=False), power_iterations=2), L.Flatten(), L.SpectralNormalization(L.Dense(3)),
    )


def wrapped_embedding():
    """Labels as float32, since Keras gives what is wrapped the type of its input: of whole numbers all would be 0."""
    y = keras.Input((), name="label")
    return keras.Model(y, L.SpectralNormalization(L.Embedding(5, 7))(y))


def dcgan_generator():
    """keras-io's DCGAN."""
    return stack(
        keras.Input((128,)), L.Dense(8 * 8 * 128), L.Reshape((8, 8, 128)), L.Conv2DTranspose(128, kernel_size=4, strides=2, padding="same"),
        L.LeakyReLU(negative_slope=0.2), L.Conv2DTranspose(256, kernel_size=4, strides=2, padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2DTranspose(512, kernel_size=4, strides=2, padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2D(3, kernel_size=5, padding="same", activation="sigmoid"),
    )


def dcgan_discriminator():
    return stack(
        keras.Input((64, 64, 3)), L.Conv2D(64, kernel_size=4, strides=2, padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2D(128, kernel_size=4, strides=2, padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2D(128, kernel_size=4, strides=2, padding="same"), L.LeakyReLU(negative_slope=0.2), L.Flatten(), L.Dropout(0.2),
        L.Dense(1, activation="sigmoid"),
    )


def cgan_generator():
    """keras-io's conditional GAN: noise and a one-hot class as one vector."""
    return stack(
        keras.layers.InputLayer((138,)), L.Dense(7 * 7 * 138), L.LeakyReLU(negative_slope=0.2), L.Reshape((7, 7, 138)),
        L.Conv2DTranspose(128, (4, 4), strides=(2, 2), padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2DTranspose(128, (4, 4), strides=(2, 2), padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2D(1, (7, 7), padding="same", activation="sigmoid"),
    )


def cgan_discriminator():
    return stack(
        keras.layers.InputLayer((28, 28, 11)), L.Conv2D(64, (3, 3), strides=(2, 2), padding="same"), L.LeakyReLU(negative_slope=0.2),
        L.Conv2D(128, (3, 3), strides=(2, 2), padding="same"), L.LeakyReLU(negative_slope=0.2), L.GlobalMaxPooling2D(), L.Dense(1),
    )


def conditional():
    """Two inputs of two types, an embedding, a frozen layer."""
    z, label = keras.Input((8,), name="z"), keras.Input((), dtype="int32", name="label")
    frozen = L.Dense(8, trainable=False)
    x = L.Multiply()([frozen(z), L.Embedding(10, 8, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.2))(label)])
    return keras.Model([z, label], L.Dense(4, activation="tanh")(x))


MODELS = [
    dense, activations, convolutions_1d, convolutions_2d, convolutions_3d, more_pooling, normalizations, shapes, merging, operations, shared, nested,
    nested_stack, wrapped, wrapped_embedding, dcgan_generator, dcgan_discriminator, cgan_generator, cgan_discriminator, conditional,
    sequences, attention, images_and_labels,
]
