"""Training, sampling, and what lies between."""

import json
import pickle
import threading

import numpy as np
import pytest
from conftest import ADAM, small_discriminator, small_generator, small_images

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers


def test_a_training_gives_losses_samples_and_weights(gan):
    history = gan.fit(small_images(), batch_size=16, epochs=3, verbose=0)
    assert len(history.history["d_loss"]) == 3 and history.epoch == [0, 1, 2]
    assert set(history.history) == {"d_loss", "g_loss", "d/non_saturating", "g/non_saturating"}
    samples = gan.sample(5)
    assert samples.shape == (5, 8, 8, 1) and samples.dtype == np.float32 and abs(samples).max() <= 1
    # The network itself makes the same of the same latents.
    z = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    made = gan.sample(latents=z)
    np.testing.assert_allclose(gan.generator(z), made, atol=1e-6)
    assert gan.generator.predict(z).numpy().shape == (3, 8, 8, 1)
    assert (gan.run / "spec.toml").exists()


def test_metrics_of_an_epoch_have_the_names_of_evaluate(gan):
    asked = ["frechet_distance", "neighbours"]
    history = gan.fit(small_images(), batch_size=16, epochs=2, verbose=0, metrics=asked)
    evaluated = gan.evaluate(metrics=asked)
    assert "frechet_distance (random)" in evaluated and any(name.startswith("coverage") for name in evaluated)
    for name, value in evaluated.items():
        assert len(history.history[name]) == 2 and history.history[name][-1] == pytest.approx(value)
    first, second = history.history["frechet_distance (random)"]
    assert first != second, "each epoch is measured at its own end"


def test_the_same_seed_is_the_same_bytes_whatever_is_asked_in_between(gan):
    class Curious(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.sample(3)
            self.model.generator(np.zeros((1, 4), np.float32))

    gan.fit(small_images(), batch_size=16, epochs=2, verbose=0)
    other = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
    other.fit(small_images(), batch_size=16, epochs=2, verbose=0, callbacks=[Curious()])
    np.testing.assert_array_equal(gan.sample(4), other.sample(4))
    for one, two in zip(gan.discriminator.get_weights(), other.discriminator.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_seeds_are_samples(gan):
    gan.fit(small_images(), batch_size=16, steps=3, verbose=0)
    with pytest.raises(gm.SpecError, match="a run with classes"):
        gan.sample(2, labels="boot")
    all_ = gan.sample(8)
    np.testing.assert_array_equal(gan.sample(seeds=[5, 2, 3, 7]), all_[[5, 2, 3, 7]])


def test_it_begins_with_given_weights(gan):
    gan.generator.set_weights([np.full_like(weight, 0.01) for weight in gan.generator.get_weights()])
    seen = {}

    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen["weights"] = self.model.generator.get_weights()

    gan.fit(small_images(), batch_size=16, steps=2, verbose=0, callbacks=[Look()])
    assert all((weight == np.float32(0.01)).all() for weight in seen["weights"])
    assert not all((weight == np.float32(0.01)).all() for weight in gan.generator.get_weights())


def test_resume_goes_on_with_the_same_bytes(gan):
    images = small_images()
    gan.fit(images, batch_size=16, steps=8, verbose=0)
    half = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
    half.fit(images, batch_size=16, steps=4, verbose=0)
    whole = gm.resume(half.run, steps=8, verbose=0)
    np.testing.assert_array_equal(whole.sample(6), gan.sample(6))
    for one, two in zip(whole.discriminator.get_weights(), gan.discriminator.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_files_and_pickles_keep_it(gan, tmp_path):
    gan.fit(small_images(), batch_size=16, steps=3, verbose=0)
    first = gan.save(tmp_path / "one.gan").read_bytes()
    assert gan.save(tmp_path / "two.gan").read_bytes() == first
    for again in (gm.load(tmp_path / "one.gan"), gm.load(gan.run), pickle.loads(pickle.dumps(gan))):
        np.testing.assert_array_equal(again.sample(5), gan.sample(5))
    (tmp_path / "broken.gan").write_bytes(first[: len(first) // 2])
    with pytest.raises(gm.RunError, match="that ganymede.GAN.save wrote"):
        gm.load(tmp_path / "broken.gan")


def test_classes_are_asked_for_by_name_and_number():
    label = keras.Input((), dtype="int32", name="label")
    latent = keras.Input((4,))
    x = layers.Concatenate()([latent, layers.Embedding(3, 4)(label)])
    x = layers.Reshape((8, 8, 1))(layers.Dense(64, activation="sigmoid")(x))
    generator = keras.Model([latent, label], x, name="generator")
    picture, label = keras.Input((8, 8, 1)), keras.Input((), dtype="int32", name="label")
    x = layers.Concatenate()([layers.Flatten()(picture), layers.Embedding(3, 4)(label)])
    discriminator = keras.Model([picture, label], layers.Dense(1)(x), name="discriminator")
    gan = gm.GAN(generator, discriminator).compile(ADAM(), ADAM(), keras.losses.BinaryCrossentropy(from_logits=True))
    images, labels = small_images(60), np.arange(60) % 3
    with pytest.raises(gm.SpecError, match="sigmoid"):
        gan.fit(images, labels, batch_size=10, steps=2, verbose=0)
    gan.fit(images, labels, batch_size=10, steps=4, verbose=0, range=(0, 1), class_names=["low", "middle", "high"])
    samples = gan.sample(6, labels="high")
    assert samples.min() >= 0 and samples.max() <= 1 and samples.shape == (6, 8, 8, 1)
    np.testing.assert_array_equal(samples, gan.sample(6, labels=[2] * 6))
    z = np.zeros((2, 4), np.float32)
    np.testing.assert_allclose(gan.sample(latents=z, labels=[0, 1]), gan.generator([z, np.array([0, 1])]), atol=1e-6)
    np.testing.assert_array_equal(samples.to_uint8(), (samples.numpy() * 255 + 0.5).astype(np.uint8))
    assert gan.sample(labels=range(3), seeds=[7] * 3).shape == (3, 8, 8, 1)
    with pytest.raises(gm.SpecError, match="low, middle, high"):
        gan.sample(2, labels="highest")


@pytest.mark.parametrize("n_critic", [1, 2])
def test_a_function_of_epochs_is_a_schedule_of_the_spec(n_critic):
    def fitted(epochs, *callbacks):
        gan = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM(), n_critic=n_critic)
        gan.fit(small_images(), batch_size=8, epochs=epochs, verbose=0, callbacks=callbacks)
        return gan

    # From the second epoch on nothing is learned: what stands there is what one epoch gave, not a step more or less.
    one = fitted(1)
    still = fitted(3, keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch == 0 else 0.0))
    for network in ("generator", "discriminator"):
        for a, b in zip(getattr(one, network).get_weights()[:2], getattr(still, network).get_weights()[:2]):
            np.testing.assert_array_equal(a, b)
    assert still.spec.count("PiecewiseConstantDecay") == 2
    # A function of the epoch alone, the same in all: a number, as the optimizer has it.
    assert "PiecewiseConstantDecay" not in fitted(2, keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)).spec


def test_rates_that_no_spec_can_have_are_refused(gan):
    halved = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    for callbacks, length, said in [
        ([halved], {"minutes": 1}, "known length"),
        ([halved, halved], {"steps": 2}, "found 2"),
        ([keras.callbacks.LearningRateScheduler(lambda epoch, rate: -1.0)], {"steps": 2}, "at least 0 in epoch 0, found -1"),
    ]:
        with pytest.raises(ValueError, match=said):
            gan.fit(small_images(), batch_size=16, verbose=0, callbacks=callbacks, **length)
    with pytest.raises(TypeError, match="expected a function"):
        keras.callbacks.LearningRateScheduler(0.1)
    falls = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    other = gm.GAN(small_generator(), small_discriminator()).compile(keras.optimizers.Adam(falls), ADAM())
    with pytest.raises(ValueError, match="has a schedule already"):
        other.fit(small_images(), batch_size=16, steps=2, verbose=0, callbacks=[halved])


def test_callbacks_steer_and_record(tmp_path, gan):
    stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(gan, "stop_training", epoch == 1))
    checkpoints = keras.callbacks.ModelCheckpoint
    assert checkpoints is not None
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    history = gan.fit(small_images(), batch_size=16, epochs=10, verbose=0, callbacks=[stop, logger])
    assert history.epoch == [0, 1]
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert len(lines) == 3 and lines[0].startswith("epoch,d_loss,g_loss")
    event = json.loads((gan.run / "events.jsonl").read_text().splitlines()[-1])
    assert event["kind"] == "end" and event["reason"] == "stopped"


def test_tensorboard_is_written_by_the_engine(tmp_path, gan, recwarn):
    board = keras.callbacks.TensorBoard(log_dir=tmp_path / "logs")
    gan.fit(small_images(), batch_size=16, epochs=2, verbose=0, callbacks=[board])
    (events,) = (tmp_path / "logs").iterdir()
    content = events.read_bytes()
    assert events.name.startswith("events.out.tfevents.") and b"brain.Event:2" in content and b"Loss/d/non_saturating" in content
    resumed = gm.resume(gan.run, steps=12, verbose=0, tensorboard=tmp_path / "logs")
    assert len(list((tmp_path / "logs").iterdir())) == 2 and resumed.run == gan.run
    gm.resume(gan.run, steps=14, verbose=0, tensorboard=True)
    assert len(list((gan.run / "tensorboard").iterdir())) == 1
    for name, value in (("histogram_freq", 1), ("write_images", True), ("update_freq", 100), ("profile_batch", 2)):
        with pytest.raises(ValueError, match=f"expected {name}="):
            keras.callbacks.TensorBoard(**{name: value})
    assert not recwarn.list
    # A folder that cannot be written is a warning, and the training goes on.
    (tmp_path / "file").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="the training goes on without TensorBoard") as warned:
        gan.fit(small_images(), batch_size=16, epochs=2, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path / "file")])
    assert len(warned) == 1 and len(gan.history.epoch) == 2
    with pytest.raises(ValueError, match="expected one folder, found 2"):
        gan.fit(small_images(), verbose=0, callbacks=[board, board])


def test_a_folder_for_the_hub_comes_back(tmp_path, gan):
    gan.fit(small_images(), batch_size=16, steps=2, verbose=0)
    gan.export(tmp_path / "hub", format="hub", license="mit")
    assert 'license: "mit"' in (tmp_path / "hub" / "README.md").read_text(encoding="utf-8")
    z = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "hub").predict(z), gan.generator.predict(z))
    with pytest.raises(gm.SpecError, match="license"):
        gan.export(tmp_path / "other", format="hub", license="MIT License")


def test_batches_and_strange_arrays_are_the_same_samples(gan):
    images = small_images()
    gan.fit(images, batch_size=16, steps=2, verbose=0)
    expected = gan.sample(3)
    strided = np.zeros((64, 8, 16, 1), np.uint8)[:, :, ::2]
    strided[:] = images
    batches = [images[at : at + 10] for at in range(0, 64, 10)]

    class Loader:
        def __iter__(self):
            return iter([(batch, np.zeros(len(batch))) for batch in batches])

    for data in (strided, np.asfortranarray(images), images[..., 0], np.moveaxis(images, -1, 1)):
        other = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
        other.fit(data, batch_size=16, steps=2, verbose=0, channels_first=data.ndim == 4 and data.shape[1] == 1)
        np.testing.assert_array_equal(other.sample(3), expected)
    plain = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
    plain.fit(Loader(), batch_size=16, steps=2, verbose=0)
    assert plain.sample(3).shape == expected.shape


def test_floats_go_in_as_they_are(gan):
    images = small_images().astype(np.float32) / 127.5 - 1
    gan.fit(images, batch_size=16, steps=2, verbose=0)
    images[3, 1, 2, 0] = 7
    with pytest.raises(gm.DataError, match=r"x\[3, 1, 2, 0\]: expected values from -1 to 1, found 7"):
        gan.fit(images, batch_size=16, steps=2, verbose=0)


def test_eight_threads_sample_alike(gan):
    gan.fit(small_images(), batch_size=16, steps=2, verbose=0)
    expected, found = gan.sample(40), []
    threads = [threading.Thread(target=lambda: found.append(gan.sample(40))) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 8 and all((one == expected).all() for one in found)


def test_pictures(gan, tmp_path):
    gan.fit(small_images(), batch_size=16, steps=2, verbose=0)
    samples = gan.sample(4)
    assert samples.save(tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert samples._repr_png_()[:4] == b"\x89PNG"
    np.testing.assert_array_equal(np.load(samples.save(tmp_path / "a.npy")), samples)
    np.testing.assert_array_equal(samples.to_units(), samples.to_uint8())
    with pytest.raises(ValueError, match="ends in .png or .npy"):
        samples.save(tmp_path / "a.jpg")
