"""A yardstick: the article's own loop in Keras 3 on TensorFlow: predict, then train_on_batch twice.

Imports nothing of gan_core and runs in a process of its own, as naive.py does.

`python keras_loop.py WIDTH DEPTH BATCH DEVICE THREADS` answers each line on stdin, a number of seconds, with the steps
a second over that time.
"""

from __future__ import annotations

import math
import os
import sys
import time
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever the user's settings say; read when Keras is loaded

import keras
import tensorflow as tf
from keras.layers import Dense, LeakyReLU


class KerasGAN:
    """D compiled on its own, and once more, frozen, inside the model that trains G."""

    def __init__(
        self,
        width: int,
        depth: int,
        batch: int,
        seed: int = 0,
        *,
        lr_g: float = 0.001,
        lr_d: float = 0.001,
        beta1_g: float = 0.9,
        beta1_d: float = 0.9,
    ) -> None:
        keras.utils.set_random_seed(seed)  # of the initial weights
        self.batch = batch
        self.random = np.random.default_rng(seed)
        self.G = keras.Sequential([keras.Input((2,)), *_hidden(width, depth), Dense(2, activation="tanh")])
        self.D = keras.Sequential([keras.Input((2,)), *_hidden(width, depth), Dense(1, activation="sigmoid")])
        self.D.compile(_adam(lr_d, beta1_d), loss="binary_crossentropy", metrics=["accuracy"])
        self.D.trainable = False
        z = keras.Input((2,))
        self.both = keras.Model(z, self.D(self.G(z)))
        self.both.compile(_adam(lr_g, beta1_g), loss="binary_crossentropy", metrics=["accuracy"])

    def step(self) -> tuple[float, float, float, float]:
        """Train both networks once; returns loss and accuracy of D and of G in this step."""
        half = self.batch // 2
        real = spiral(self.square(half))
        fake = self.G.predict(self.square(half), batch_size=self.batch, verbose=0)
        x = np.concatenate([real, fake])
        y = np.concatenate([np.ones((half, 1), np.float32), np.zeros((half, 1), np.float32)])
        # Keras 2 kept what was trainable when a model was compiled; Keras 3 looks when it trains.
        self.D.trainable = True
        self.D.reset_metrics()  # Keras 3 would average over all steps; the article's Keras 2 did not
        d_loss, d_accuracy = self.D.train_on_batch(x, y)
        self.D.trainable = False
        labels = np.ones((self.batch, 1), np.float32)
        self.both.reset_metrics()
        g_loss, g_accuracy = self.both.train_on_batch(self.square(self.batch), labels)
        return float(d_loss), float(d_accuracy), float(g_loss), float(g_accuracy)

    def square(self, n: int) -> Any:
        """Draw (n, 2) latents, uniform on [-1, 1]^2."""
        return self.random.uniform(-1, 1, (n, 2)).astype(np.float32)


def spiral(z: Any) -> Any:
    """Map (n, 2) latents to (n, 2) real points."""
    u, v = z[:, 0], z[:, 1]
    r = 0.05 + 0.45 * (u + 1) + 0.05 * v
    theta = 3 * math.pi * u
    return np.stack([r * np.cos(theta), r * np.sin(theta)], axis=1)


def _hidden(width: int, depth: int) -> list[Any]:
    return [layer for _ in range(depth) for layer in (Dense(width), LeakyReLU(negative_slope=0.1))]


def _adam(lr: float, beta1: float) -> Any:
    return keras.optimizers.Adam(lr, beta_1=beta1, epsilon=1e-7)


def answer(gan: KerasGAN) -> None:
    """Train for as long as each line of stdin says, and print the steps a second."""
    for line in sys.stdin:
        start = now = time.perf_counter()
        steps = 0
        while steps == 0 or now - start < float(line):
            gan.step()
            steps += 1
            now = time.perf_counter()
        print(steps / (now - start), flush=True)


if __name__ == "__main__":
    if sys.argv[4] == "cpu":
        tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[5]))
    tf.config.threading.set_inter_op_parallelism_threads(int(sys.argv[5]))
    answer(KerasGAN(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
