"""Pooling, resampling, padding, reshaping, merging, embedding, and layers that do nothing in inference."""

import itertools

import numpy as np
import tensorflow as tf

from common import distinct, rng_for

SIZES = {1: (6,), 2: (5, 4), 3: (4, 3, 4)}

_resize = tf.image.resize


def _interpolation(size, new):
    """Rows of weights: half-pixel centres, edges repeated."""
    centre = np.clip((np.arange(new) + 0.5) * size / new - 0.5, 0, size - 1)
    low = np.floor(centre).astype(int)
    high = np.minimum(low + 1, size - 1)
    matrix = np.zeros((new, size))
    for row in range(new):
        matrix[row, low[row]] += 1 - (centre[row] - low[row])
        matrix[row, high[row]] += centre[row] - low[row]
    return tf.constant(matrix)


def _resize_float64(images, size, method="bilinear", **arguments):
    """TensorFlow resizes bilinearly in float32 only: the same in float64, compared with TensorFlow's."""
    if method != "bilinear":
        return _resize(images, size, method=method, **arguments)
    rows, columns = (_interpolation(n, int(s)) for n, s in zip(images.shape[1:3], size))
    result = tf.einsum("yh,xw,nhwc->nyxc", rows, columns, images)
    np.testing.assert_allclose(result, _resize(images, size, method=method, **arguments), atol=1e-6)
    return result


tf.image.resize = _resize_float64


def _pool_float64(kind):
    """TensorFlow pools volumes in float32 only: planes, then depth, compared with TensorFlow's."""
    original = getattr(tf.nn, kind)

    def pool(x, size, strides, padding, data_format):
        if data_format != "NDHWC":
            return original(x, size, strides, padding, data_format)
        size, strides = (tuple(v) if isinstance(v, (list, tuple)) else (v,) * 3 for v in (size, strides))
        n, d, h, w, c = x.shape
        planes = original(tf.reshape(x, (n * d, h, w, c)), size[1:], strides[1:], padding, "NHWC")
        h, w = planes.shape[1:3]
        depth = tf.reshape(planes, (n, d, h * w, c))
        depth = original(depth, (size[0], 1), (strides[0], 1), padding, "NHWC")
        result = tf.reshape(depth, (n, -1, h, w, c))
        single = original(tf.cast(x, "float32"), size, strides, padding, data_format)
        np.testing.assert_allclose(result, single, atol=1e-6)
        return result

    setattr(tf.nn, kind, pool)


_pool_float64("max_pool")
_pool_float64("avg_pool")


def pooling(cls_name):
    def fill(c):
        for rank, size in SIZES.items():
            cls = f"{cls_name}Pooling{rank}D"
            data = lambda name, s: distinct(rng_for(c.file, name, "input"), (1, *s, 2))  # noqa: E731
            for padding, pool, strides in itertools.product(["valid", "same"], [2, 3], [None, 1, 2]):
                if rank == 3 and pool == 3 and strides == 1:
                    continue
                name = f"{rank}d_{padding}_k{pool}_s{strides}".lower()
                c.layer(name, cls, {"pool_size": pool, "strides": strides, "padding": padding},
                        [data(name, size)])
            if rank > 1:
                pool = [3, 1, 2][:rank]
                for padding in ["valid", "same"]:
                    name = f"{rank}d_{padding}_uneven"
                    c.layer(name, cls, {"pool_size": pool, "strides": [1, 2, 2][:rank], "padding": padding},
                            [data(name, size)])
    return fill


def global_pooling(c):
    for kind, rank, keepdims in itertools.product(["Average", "Max"], [1, 2, 3], [False, True]):
        name = f"{kind.lower()}_{rank}d{'_keepdims' if keepdims else ''}"
        config = {"keepdims": True} if keepdims else {}
        c.layer(name, f"Global{kind}Pooling{rank}D", config,
                [distinct(rng_for(c.file, name, "input"), (2, *SIZES[rank], 2))])


def up_sampling(c):
    c.layer("1d_defaults", "UpSampling1D", {}, [(2, 3, 2)])
    c.layer("1d_3", "UpSampling1D", {"size": 3}, [(2, 3, 2)])
    for interpolation in ["nearest", "bilinear"]:
        for size in [2, 3, [2, 1], [1, 4]]:
            name = f"2d_{interpolation}_{size if isinstance(size, int) else 'x'.join(map(str, size))}"
            c.layer(name, "UpSampling2D", {"size": size, "interpolation": interpolation}, [(1, 3, 4, 2)])
    c.layer("2d_defaults", "UpSampling2D", {}, [(2, 2, 3, 2)])
    c.layer("2d_bilinear_one_pixel", "UpSampling2D", {"interpolation": "bilinear"}, [(1, 1, 3, 2)])
    c.layer("3d_defaults", "UpSampling3D", {}, [(1, 2, 2, 3, 2)])
    c.layer("3d_uneven", "UpSampling3D", {"size": [1, 2, 3]}, [(1, 2, 2, 2, 1)])


def resizing(c):
    for interpolation in ["nearest", "bilinear"]:
        for size in [(5, 7), (2, 3), (9, 4), (1, 1), (3, 4), (6, 12), (8, 2)]:
            config = {"height": size[0], "width": size[1], "interpolation": interpolation}
            c.layer(f"{interpolation}_{size[0]}x{size[1]}", "Resizing", config, [(2, 3, 4, 2)])
        c.layer(f"{interpolation}_half", "Resizing", {"height": 3, "width": 2, "interpolation": interpolation}, [(1, 6, 8, 1)])
        c.layer(f"{interpolation}_one_pixel", "Resizing", {"height": 3, "width": 2, "interpolation": interpolation}, [(1, 1, 1, 2)])
    c.layer("defaults", "Resizing", {"height": 4, "width": 5}, [(1, 7, 3, 2)])


def category_encoding(c):
    numbers = np.array([[3, 0, 3], [1, 2, 1]], dtype="int32")
    for mode in ["one_hot", "multi_hot", "count"]:
        c.layer(f"{mode}_rows", "CategoryEncoding", {"num_tokens": 5, "output_mode": mode}, [numbers])
        c.layer(f"{mode}_column", "CategoryEncoding", {"num_tokens": 4, "output_mode": mode}, [numbers[0][:, None]])
    c.layer("one_hot_labels", "CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, [numbers[0]])
    c.layer("defaults", "CategoryEncoding", {"num_tokens": 4}, [numbers])


def padding(c):
    c.layer("1d_defaults", "ZeroPadding1D", {}, [(2, 3, 2)])
    c.layer("1d_pair", "ZeroPadding1D", {"padding": [2, 1]}, [(2, 3, 2)])
    c.layer("2d_defaults", "ZeroPadding2D", {}, [(1, 2, 3, 2)])
    c.layer("2d_int", "ZeroPadding2D", {"padding": 2}, [(1, 2, 3, 2)])
    c.layer("2d_symmetric", "ZeroPadding2D", {"padding": [0, 2]}, [(1, 2, 3, 2)])
    c.layer("2d_pairs", "ZeroPadding2D", {"padding": [[1, 0], [2, 1]]}, [(1, 2, 3, 2)])
    c.layer("3d_defaults", "ZeroPadding3D", {}, [(1, 2, 1, 2, 2)])
    c.layer("3d_symmetric", "ZeroPadding3D", {"padding": [1, 0, 2]}, [(1, 2, 1, 2, 2)])
    c.layer("3d_pairs", "ZeroPadding3D", {"padding": [[1, 0], [0, 2], [1, 1]]}, [(1, 2, 1, 2, 1)])


def cropping(c):
    c.layer("1d_defaults", "Cropping1D", {}, [(2, 5, 2)])
    c.layer("1d_pair", "Cropping1D", {"cropping": [2, 1]}, [(2, 5, 2)])
    c.layer("1d_left_only", "Cropping1D", {"cropping": [2, 0]}, [(2, 5, 2)])
    c.layer("2d_defaults", "Cropping2D", {}, [(1, 3, 4, 2)])
    c.layer("2d_int", "Cropping2D", {"cropping": 1}, [(1, 3, 4, 2)])
    c.layer("2d_symmetric", "Cropping2D", {"cropping": [0, 1]}, [(1, 3, 4, 2)])
    c.layer("2d_pairs", "Cropping2D", {"cropping": [[1, 0], [2, 1]]}, [(1, 3, 4, 2)])
    c.layer("3d_defaults", "Cropping3D", {}, [(1, 3, 3, 4, 2)])
    c.layer("3d_symmetric", "Cropping3D", {"cropping": [1, 0, 1]}, [(1, 3, 3, 4, 2)])
    c.layer("3d_pairs", "Cropping3D", {"cropping": [[1, 0], [0, 2], [1, 1]]}, [(1, 3, 3, 4, 2)])
    c.rejected("1d_rejects_all", "Cropping1D", {"cropping": [3, 2]}, [(2, 5, 2)])


def reshaping(c):
    c.layer("flatten", "Flatten", {}, [(2, 3, 2, 2)])
    c.layer("flatten_rank_2", "Flatten", {}, [(2, 3)])
    c.layer("flatten_rank_1", "Flatten", {}, [(3,)])
    c.layer("reshape", "Reshape", {"target_shape": [2, 3, 2]}, [(2, 12)])
    c.layer("reshape_minus_one", "Reshape", {"target_shape": [-1, 2]}, [(2, 3, 4)])
    c.layer("reshape_minus_one_last", "Reshape", {"target_shape": [2, -1]}, [(2, 3, 4)])
    c.layer("reshape_to_rank_1", "Reshape", {"target_shape": [-1]}, [(2, 3, 2)])
    c.layer("reshape_to_scalar", "Reshape", {"target_shape": []}, [(3, 1)])
    c.rejected("reshape_rejects", "Reshape", {"target_shape": [5]}, [(2, 12)])
    c.layer("permute_2_1", "Permute", {"dims": [2, 1]}, [(2, 3, 4)])
    c.layer("permute_3_1_2", "Permute", {"dims": [3, 1, 2]}, [(2, 3, 4, 2)])
    c.rejected("permute_rejects", "Permute", {"dims": [1, 3]}, [(2, 3, 4)])
    c.layer("repeat_vector", "RepeatVector", {"n": 3}, [(2, 4)])
    c.layer("rescaling", "Rescaling", {"scale": 0.5}, [(2, 3)])
    c.layer("rescaling_offset", "Rescaling", {"scale": 1 / 127.5, "offset": -1.0}, [(2, 2, 2, 1)])
    c.layer("rescaling_per_channel", "Rescaling", {"scale": [0.5, 2.0, 1.5], "offset": [0.125, 0.25, -0.375]},
            [(2, 2, 2, 3)])


def merging(c):
    for cls in ["Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract"]:
        data = lambda key, shapes: [  # noqa: E731
            distinct(rng_for(c.file, cls, key, i), s, -2 + 0.01 * i, 2 + 0.01 * i) for i, s in enumerate(shapes)
        ]
        c.layer(f"{cls.lower()}_two", cls, {}, data("two", [(2, 3, 2), (2, 3, 2)]))
        if cls != "Subtract":
            c.layer(f"{cls.lower()}_three", cls, {}, data("three", [(2, 4)] * 3))
        c.layer(f"{cls.lower()}_broadcast", cls, {}, data("broadcast", [(2, 3, 4), (2, 1, 4)]))
        c.layer(f"{cls.lower()}_rank", cls, {}, data("rank", [(2, 3, 4), (2, 4)]))
    c.rejected("subtract_rejects_three", "Subtract", {}, [(2, 3), (2, 3), (2, 3)])
    c.rejected("add_rejects_shapes", "Add", {}, [(2, 3), (2, 4)])
    c.layer("concatenate", "Concatenate", {}, [(2, 3), (2, 1), (2, 2)])
    c.layer("concatenate_axis_1", "Concatenate", {"axis": 1}, [(2, 3, 2), (2, 1, 2)])
    c.layer("concatenate_rank_4", "Concatenate", {"axis": -1}, [(1, 2, 2, 3), (1, 2, 2, 1)])
    c.layer("concatenate_axis_minus_2", "Concatenate", {"axis": -2}, [(1, 2, 2, 3), (1, 2, 1, 3)])
    c.layer("dot", "Dot", {"axes": 1}, [(3, 4), (3, 4)])
    c.layer("dot_normalized", "Dot", {"axes": -1, "normalize": True}, [(3, 4), (3, 4)])
    c.rejected("concatenate_rejects", "Concatenate", {"axis": 1}, [(2, 3, 2), (2, 1, 3)])


def embedding(c):
    ids = lambda values: np.array(values, "int32")  # noqa: E731
    c.layer("rank_1", "Embedding", {"input_dim": 5, "output_dim": 3}, [ids([0, 4, 2, 4])])
    c.layer("rank_2", "Embedding", {"input_dim": 4, "output_dim": 2}, [ids([[0, 3, 3], [1, 0, 2]])])
    c.layer("column", "Embedding", {"input_dim": 10, "output_dim": 4}, [ids([[7], [0], [9]])])


def inference(c):
    for cls, config in [
        ("Dropout", {"rate": 0.3}), ("SpatialDropout1D", {"rate": 0.4}), ("SpatialDropout2D", {"rate": 0.5}),
        ("SpatialDropout3D", {"rate": 0.5}), ("GaussianNoise", {"stddev": 0.5}),
        ("GaussianDropout", {"rate": 0.5}), ("AlphaDropout", {"rate": 0.2}), ("Identity", {}),
        ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}),
    ]:
        rank = int(cls[-2]) if cls.startswith("Spatial") else 1
        c.layer(cls.lower(), cls, config, [(2, *SIZES[rank], 2)])
    c.layer("dropout_0_training", "Dropout", {"rate": 0.0}, [(2, 3)], True)
    c.layer("gaussian_noise_0_training", "GaussianNoise", {"stddev": 0.0}, [(2, 3)], True)
    c.layer("gaussian_dropout_0_training", "GaussianDropout", {"rate": 0.0}, [(2, 3)], True)


def ties(c):
    """Where two inputs are equal or an activation bends: which of them gets the cotangent."""
    c.layer("max_pooling_1d_equal", "MaxPooling1D", {"pool_size": 3}, np.ones((1, 6, 1)))
    c.layer("max_pooling_2d_equal", "MaxPooling2D", {}, np.array([1, 2, 2, 1, 2, 2, 1, 2, 0, 0, 3, 3, 0, 0, 3, 3.0]).reshape(1, 4, 4, 1))
    c.layer("max_pooling_2d_overlapping", "MaxPooling2D", {"strides": 1, "padding": "same"}, np.ones((1, 3, 3, 1)))
    c.layer("global_max_pooling_1d_equal", "GlobalMaxPooling1D", {}, np.array([1, 2, 2, 2, 1, 0.0]).reshape(1, 6, 1))
    c.layer("maximum_equal", "Maximum", {}, [np.ones((1, 3)), np.ones((1, 3)), np.ones((1, 3))])
    c.layer("minimum_equal", "Minimum", {}, [np.ones((1, 3)), np.ones((1, 3))])
    kinks = np.array([[-6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0]])
    # Not celu: its derivative at 0 is 2 there, from max(x, 0) and min(x, 0) both.
    for name in ["relu", "relu6", "leaky_relu", "elu", "selu", "hard_sigmoid", "hard_silu", "hard_tanh",
                 "hard_shrink", "soft_shrink", "sparse_plus", "sparse_sigmoid", "softsign"]:
        c.layer(name, "Activation", {"activation": name}, kinks)
    c.layer("prelu", "PReLU", {}, np.zeros((2, 3)))


FILES = {
    "max_pooling": pooling("Max"),
    "average_pooling": pooling("Average"),
    "global_pooling": global_pooling,
    "up_sampling": up_sampling,
    "resizing": resizing,
    "category_encoding": category_encoding,
    "zero_padding": padding,
    "cropping": cropping,
    "reshaping": reshaping,
    "merging": merging,
    "embedding": embedding,
    "inference_identity": inference,
    "ties": ties,
}
