"""Recurrent layers and attention."""

import itertools

import keras


def cell(c, layer, more=()):
    """What all recurrent layers have; `more` are further arguments, each in a case of its own."""
    c.layer("defaults", layer, {"units": 3}, [(2, 4, 2)])
    c.layer("one_step", layer, {"units": 2}, [(3, 1, 2)])
    for sequences, backwards in itertools.product([False, True], repeat=2):
        config = {"units": 2, "return_sequences": sequences, "go_backwards": backwards}
        c.layer(f"sequences_{sequences}_backwards_{backwards}".lower(), layer, config, [(2, 3, 3)])
    c.layer("no_bias", layer, {"units": 2, "use_bias": False, "return_sequences": True}, [(2, 3, 2)])
    c.layer("softsign", layer, {"units": 2, "activation": "softsign"}, [(2, 3, 2)])
    c.layer("linear", layer, {"units": 2, "activation": None, "unroll": True}, [(2, 3, 2)])
    for config in more:
        name = "_".join(f"{key}_{value}" for key, value in config.items()).lower()
        c.layer(name, layer, {"units": 2, "return_sequences": True, **config}, [(2, 4, 3)])
    c.rejected("rejects_rank_2", layer, {"units": 2}, [(2, 3)])


def lstm(c):
    cell(c, "LSTM", [{"unit_forget_bias": False}, {"recurrent_activation": "hard_sigmoid"}])


def gru(c):
    cell(c, "GRU", [{"reset_after": False}, {"reset_after": False, "use_bias": False},
                    {"reset_after": False, "go_backwards": True}, {"recurrent_activation": "hard_sigmoid"}])


def simple_rnn(c):
    cell(c, "SimpleRNN")


def attention(c):
    layer, sequences = "MultiHeadAttention", [(2, 3, 4), (2, 5, 2)]
    base = {"num_heads": 2, "key_dim": 3}
    c.layer("query_and_value", layer, base, sequences)
    c.layer("query_value_and_key", layer, base, [*sequences, (2, 5, 3)])
    c.layer("value_dim", layer, {**base, "value_dim": 4}, sequences)
    c.layer("no_bias", layer, {**base, "use_bias": False}, sequences)
    c.layer("one_head", layer, {"num_heads": 1, "key_dim": 2}, sequences)
    c.layer("output_shape", layer, {**base, "output_shape": 5}, sequences)
    c.layer("output_shape_of_two", layer, {**base, "output_shape": [2, 3]}, sequences)
    c.layer("attention_axes", layer, {**base, "attention_axes": [1]}, sequences)
    c.layer("dropout_in_inference", layer, {**base, "dropout": 0.4}, sequences)
    c.layer("images", layer, base, [(2, 2, 3, 4), (2, 3, 1, 2)])


def bidirectional(c):
    inner = {"GRU": {"units": 2}, "LSTM": {"units": 2, "return_sequences": True}}
    for (cls, config), mode in itertools.product(inner.items(), ["concat", "sum", "mul", "ave"]):
        c.layer(f"{cls}_{mode}".lower(), "Bidirectional", {"layer": {"class_name": cls, **config}, "merge_mode": mode}, [(2, 3, 2)],
                make=lambda cls=cls, config=config, mode=mode: keras.layers.Bidirectional(
                    getattr(keras.layers, cls)(**config, name="layer"), merge_mode=mode))


def time_distributed(c):
    for name, config, shape in [("Dense", {"units": 3, "activation": "tanh"}, (2, 3, 4)),
                                ("Conv2D", {"filters": 2, "kernel_size": [2, 3]}, (2, 2, 3, 4, 2)), ("Flatten", {}, (2, 2, 3, 2))]:
        c.layer(name.lower(), "TimeDistributed", {"layer": {"class_name": name, **config}}, [shape],
                make=lambda name=name, config=config: keras.layers.TimeDistributed(getattr(keras.layers, name)(**config)))


FILES = {"bidirectional": bidirectional, "time_distributed": time_distributed, "lstm": lstm, "gru": gru, "simple_rnn": simple_rnn, "multi_head_attention": attention}
