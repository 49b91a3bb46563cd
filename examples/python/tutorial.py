"""The program of the tutorial "Unlocking the Power of Generative Adversarial Networks with Python", repaired: clothes of 28 pixels."""

import ganymede as gm
from ganymede import keras
from ganymede.keras import layers

# The tutorial has no data: 10,000 pictures of clothes, uint8 (10000, 28, 28, 1), come along.
images, labels = gm.datasets.load("fashion-mnist")

# Step 2: the generator. Dense gives what Reshape takes, and two doublings lead from 7x7 to 28x28.
generator = keras.Sequential(
    [
        keras.Input((100,)),
        layers.Dense(7 * 7 * 256, activation="relu"),
        layers.Reshape((7, 7, 256)),
        layers.Conv2DTranspose(256, (4, 4), strides=(2, 2), padding="same", activation="relu"),
        layers.Conv2DTranspose(128, (4, 4), strides=(2, 2), padding="same", activation="relu"),
        layers.Conv2D(1, (3, 3), padding="same", activation="tanh"),
    ],
    name="generator",
)

# Step 3: the discriminator. It ends in a logit, because the loss is from logits.
discriminator = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(256, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(1),
    ],
    name="discriminator",
)


# Step 4: the loss functions, as the tutorial has them.
def discriminator_loss(y_true, y_pred):
    return keras.losses.BinaryCrossentropy(from_logits=True)(y_true, y_pred)


def generator_loss(y_true, y_pred):
    return keras.losses.BinaryCrossentropy(from_logits=True)(y_true, y_pred)


# Step 5: compile, and train.
gan = gm.GAN(generator, discriminator)
gan.compile(
    d_optimizer=keras.optimizers.Adam(0.0002, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(0.0002, beta_1=0.5),
    d_loss_fn=discriminator_loss,  # compared with 1 for real and 0 for generated samples
    g_loss_fn=generator_loss,  # compared with 1
)
print(gan.check(images))  # every defect at once; nothing to say here
gan.summary()
history = gan.fit(images, batch_size=64, epochs=10, seed=0)

print(history.history["d_loss"][-1], history.history["g_loss"][-1])
gan.sample(64).save("clothes.png")  # in a notebook the value shows itself
gan.export("generator.keras")  # opens in Keras
gan.export("generator.onnx", output="uint8")
print(f"again, or longer: ganymede resume {gan.run}")
