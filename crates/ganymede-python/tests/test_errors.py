"""What is said when something is wrong."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from conftest import ADAM, small_discriminator, small_generator, small_images

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers


def test_arguments_are_told_where_they_are_written():
    with pytest.raises(gm.SpecError, match="rleu") as caught:
        layers.Dense(3, activation="rleu")
    assert "relu" in caught.value.hint
    with pytest.raises(gm.SpecError, match="unitz"):
        layers.Dense(3, unitz=4)
    with pytest.raises(gm.SpecError, match="beta_1"):
        keras.optimizers.Adam(beta_1=2)
    with pytest.raises(AttributeError, match="has no `LSTMM`"):
        layers.LSTMM
    with pytest.raises(gm.SpecError):
        layers.Conv2D(4, 3)(keras.Input((5,)))


def test_old_names_are_understood():
    with pytest.warns(UserWarning, match="negative_slope"):
        assert layers.LeakyReLU(alpha=0.2).written() == layers.LeakyReLU(0.2).written()
    with pytest.warns(UserWarning, match="keras.Input"):
        model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    assert model.output_shape == (None, 2) and model.count_params() == 8


def test_a_stack_that_does_not_fit_is_warned_of_and_refused_with_everything_at_once():
    with pytest.warns(UserWarning, match="expected 16 values"):
        generator = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Reshape((4, 4, 1))])
    gan = gm.GAN(generator, small_discriminator()).compile(ADAM(), ADAM(), "hinge")
    report = gan.check()
    assert {finding[1] for finding in report.errors} >= {"shapes", "pairing"} and "set units" in str(report)
    with pytest.raises(gm.SpecError) as caught:
        gan.fit(small_images(), verbose=0)
    assert len([one for one in caught.value.findings if one[0] == "error"]) >= 2


def test_losses_are_written_down_once():
    def branches(real, fake):
        return real if real > fake else fake

    gan = gm.GAN(small_generator(), small_discriminator())
    with pytest.raises(TypeError, match="ops.where"):
        gan.compile(ADAM(), ADAM(), d_loss_fn=branches, g_loss_fn="hinge")
    with pytest.raises(TypeError, match="no value yet"):
        gan.compile(ADAM(), ADAM(), d_loss_fn=lambda real, fake: float(real), g_loss_fn="hinge")
    with pytest.raises(TypeError, match="ganymede.keras.ops"):
        gan.compile(ADAM(), ADAM(), d_loss_fn=lambda real, fake: np.mean(real), g_loss_fn="hinge")
    with pytest.raises(gm.SpecError, match="on real and on generated samples"):
        gan.compile(ADAM(), ADAM(), d_loss_fn=lambda fake: keras.ops.mean(fake), g_loss_fn="hinge")


def test_own_training_steps_are_refused():
    with pytest.raises(TypeError, match="train_step"):

        class Old(keras.Model):
            def train_step(self, data):
                pass


def test_what_is_no_data_and_what_is_not_compiled(gan):
    with pytest.raises(gm.SpecError, match="compile"):
        gm.GAN(small_generator(), small_discriminator()).fit(small_images())
    with pytest.raises(gm.SpecError, match="trained"):
        gan.sample()
    with pytest.raises(gm.DataError, match="channels first"):
        gan.fit(np.zeros((10, 3, 8, 8), np.uint8), verbose=0)
    with pytest.raises(gm.SpecError, match="iterator"):
        gan.fit(iter([small_images()]), verbose=0)
    with pytest.raises(gm.DataError, match="nowhere"):
        gan.fit("nowhere", steps=1, verbose=0)
    with pytest.raises(gm.Error):
        gm.resume("nowhere")


def test_numbers_that_run_away_are_an_arithmetic_error():
    gan = gm.GAN(small_generator(), small_discriminator()).compile(keras.optimizers.Adam(1e30), keras.optimizers.Adam(1e30))
    with pytest.raises(ArithmeticError) as caught:
        gan.fit(small_images(), batch_size=16, steps=50, verbose=0)
    assert isinstance(caught.value, gm.DivergedError) and caught.value.checkpoint


def run(code, **options):
    """What a program of its own prints."""
    head = "import sys; sys.path[:0] = %r\n" % [path for path in sys.path if path]
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", head + textwrap.dedent(code)], capture_output=True, text=True, timeout=120, **options
    )


def test_an_interrupt_saves_and_tells_how_to_go_on():
    told = run("""
        import os, signal, threading
        from conftest import *
        # A shell's job in the background is started with interrupts ignored, and hands that on.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gan = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
        threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            gan.fit(small_images(), batch_size=16, steps=10_000_000, verbose=0)
        except KeyboardInterrupt as error:
            step = int((gan.run / "checkpoints" / "latest").read_text().strip().rsplit("-", 1)[-1])
            print("kept", step > 0, gan.sample(2).shape, len(gan.generator.get_weights()))
            gan2 = gm.resume(gan.run, steps=step + 3, verbose=0)
            print("went on", (gan2.run / "checkpoints" / "latest").read_text().strip().endswith(str(step + 3)))
    """)
    assert "kept True (2, 8, 8, 1) 4" in told.stdout and "went on True" in told.stdout, told.stderr


def test_a_killed_training_goes_on_with_the_same_bytes(tmp_path):
    code = """
        import os, signal
        from conftest import *
        class Kill(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                if epoch == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
        gan = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
        gan.fit(small_images(), batch_size=16, epochs=5, verbose=0, callbacks=[Kill()] if ENDS else [], outdir=OUT)
    """
    assert run(code.replace("ENDS", "True").replace("OUT", "'killed'"), cwd=tmp_path).returncode == -9
    assert run(code.replace("ENDS", "False").replace("OUT", "'whole'"), cwd=tmp_path).returncode == 0
    (killed,), (whole,) = (sorted((tmp_path / name).glob("0*")) for name in ("killed", "whole"))
    np.testing.assert_array_equal(gm.resume(killed, verbose=0).sample(4), gm.load(whole).sample(4))


def test_a_fork_is_refused_instead_of_hanging():
    told = run("""
        import os
        from conftest import *
        gan = gm.GAN(small_generator(), small_discriminator()).compile(ADAM(), ADAM())
        gan.fit(small_images(), batch_size=16, steps=2, verbose=0)
        expected = gan.sample(3)
        child = os.fork()
        if child == 0:
            try:
                gan.sample(3)
                print("sampled", flush=True)
            except RuntimeError as error:
                print("refused", "spawn" in str(error), flush=True)
            print("again", bool((gm.load(gan.run).sample(3) == expected).all()), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    """)
    assert told.stdout.split() == ["refused", "True", "again", "True"], told.stdout + told.stderr


def test_importing_is_quick_and_brings_little():
    told = run("""
        import sys, time, numpy
        begin, before = time.perf_counter(), set(sys.modules)
        import ganymede
        print(time.perf_counter() - begin)
        print([name for name in set(sys.modules) - before if name.split(".")[0] in ("keras", "tensorflow", "torch", "pandas", "jax", "IPython")])
    """)
    seconds, others = told.stdout.splitlines()
    assert others == "[]" and float(seconds) < 2, told.stdout
