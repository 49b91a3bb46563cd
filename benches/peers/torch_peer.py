"""What the works in PyTorch share: threads, updates, the run. Not here: networks and losses (one file a work).

Eager, channels last, Adam's fused kernel, gradients only for the parameters that are updated.
"""

import os

# Spinning threads of one process would take the cores of whatever runs beside it.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch  # noqa: E402

import peer  # noqa: E402

FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}
# PyTorch's momentum is 1 − Keras's.
KERAS_NORM = {"eps": 1e-3, "momentum": 0.01}


def start(arguments):
    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)


def prepare(arguments, models, format=None):
    """The models in training, in a memory format, compiled where that is asked for."""
    if format is not None:
        models = [model.to(memory_format=format) for model in models]
    models = [model.train() for model in models]
    if not getattr(arguments, "compile", False):
        return models
    import torch._functorch.config as compiler

    # A step that takes two gradients of one pass needs the buffers of the first.
    compiler.donated_buffer = False
    return [torch.compile(model) for model in models]


def batches(arguments, *sizes):
    """Four batches of numbers from −1 to 1."""
    size = (arguments.batch, *sizes)
    format = FORMATS.get(len(size), torch.contiguous_format)
    return [(torch.rand(size) * 2 - 1).contiguous(memory_format=format) for _ in range(4)]


def parameters(optimizer):
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def apply(optimizer, gradients):
    for parameter, gradient in zip(parameters(optimizer), gradients):
        parameter.grad = gradient
    optimizer.step()


def update(optimizer, loss):
    """One update of the optimizer's parameters by the gradient of a loss, without gradients for others."""
    apply(optimizer, torch.autograd.grad(loss, parameters(optimizer)))


def frozen(model, loss):
    """`loss()` while the model's parameters want no gradients: what is compiled must be told."""
    model.requires_grad_(False)
    value = loss()
    model.requires_grad_(True)
    return value


def judge(discriminator, real, fake):
    """Logits of real and of generated samples, judged as one batch: nothing in the network couples samples."""
    return discriminator(torch.cat([real, fake])).chunk(2)


def run(arguments, work, rule, models, data):
    """Measures `rule(batch)`, which takes a step and gives its losses, and reports."""

    def step(batch):
        values = rule(batch)
        assert all(torch.isfinite(value).item() for value in values), values

    report(arguments, work, rule.__name__, models, peer.measure(step, data, arguments.steps))


def report(arguments, work, update, models, measured):
    counts = [sum(p.numel() for p in model.parameters() if p.requires_grad) for model in models]
    sizes = dict(zip(("generator", "discriminator"), counts))
    peer.report(arguments, work, "torch", update, sizes, {"torch": torch.__version__}, measured)
