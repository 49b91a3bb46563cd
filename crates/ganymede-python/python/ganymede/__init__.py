"""ganymede trains generative adversarial networks: Keras's names in front of an engine of its own.

    import ganymede as gm
    from ganymede import keras

    gan = gm.GAN(generator, discriminator).compile(keras.optimizers.Adam(2e-4, beta_1=0.5), keras.optimizers.Adam(2e-4, beta_1=0.5))
    gan.fit(images, epochs=10)
    gan.sample(64).save("samples.png")
"""

from __future__ import annotations

try:
    from . import _ganymede
except ImportError as error:
    raise ImportError(
        f"the engine of ganymede is not there ({error}): the package is `ganymede-gan`; an old package called `ganymede` may lie in its place "
        "(`pip uninstall ganymede`, then `pip install --force-reinstall ganymede-gan`)"
    ) from None

from . import datasets, errors, keras
from .errors import DataError, DivergedError, Error, RunError, RunLockedError, SpecError
from .gan import EMA, GAN, Report
from .record import grad
from .running import resume, train
from .samples import Samples
from .saving import load
from .tabular import TabularGAN

__version__ = _ganymede.version()

#: Number of threads from now on; it does not change results.
set_threads = _ganymede.set_threads

__all__ = [
    "EMA", "DataError", "DivergedError", "Error", "GAN", "Report", "RunError", "RunLockedError", "Samples", "SpecError", "TabularGAN", "__version__",
    "datasets", "errors", "grad", "keras", "load", "resume", "set_threads", "train",
]
