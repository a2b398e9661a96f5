"""A yardstick: the article's recipe in TensorFlow without Keras, each training step one call of a tf.function.

Compiled by XLA, which is the faster of the two ways here. Imports nothing of gan_core and runs in a process of its own,
as naive.py does.

`python tensorflow_loop.py WIDTH DEPTH BATCH DEVICE THREADS` answers each line on stdin, a number of seconds, with the
steps a second over that time.
"""

from __future__ import annotations

import math
import sys
import time
from itertools import pairwise
from typing import Any

import tensorflow as tf

LR, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-7


class Network:
    """Kernels and biases as variables, and Adam for them as Keras computes it."""

    def __init__(self, sizes: list[int]) -> None:
        self.weights = []
        for inputs, outputs in pairwise(sizes):
            bound = math.sqrt(6 / (inputs + outputs))
            self.weights.append(tf.Variable(tf.random.uniform((inputs, outputs), -bound, bound)))
            self.weights.append(tf.Variable(tf.zeros(outputs)))
        self._m, self._v = ([tf.Variable(tf.zeros_like(w)) for w in self.weights] for _ in range(2))
        self._t = tf.Variable(0.0)

    def __call__(self, x: Any) -> Any:
        """Map (N, inputs) to what the last layer gives, before any squashing."""
        *hidden, (kernel, bias) = zip(self.weights[::2], self.weights[1::2], strict=True)
        for k, b in hidden:
            x = tf.nn.leaky_relu(tf.matmul(x, k) + b, 0.1)
        return tf.matmul(x, kernel) + bias

    def update(self, gradients: Any) -> None:
        """One step of Adam."""
        t = self._t.assign_add(1.0)
        scale = LR * tf.sqrt(1 - BETA2**t) / (1 - BETA1**t)
        for w, m, v, g in zip(self.weights, self._m, self._v, gradients, strict=True):
            m.assign(BETA1 * m + (1 - BETA1) * g)
            v.assign(BETA2 * v + (1 - BETA2) * g * g)
            w.assign_sub(scale * m / (tf.sqrt(v) + EPSILON))


class TensorFlowGAN:
    """Both networks and the compiled step."""

    def __init__(self, width: int, depth: int, batch: int) -> None:
        hidden = [2, *[width] * depth]
        self.G, self.D = Network([*hidden, 2]), Network([*hidden, 1])
        self._batch = batch
        self.update = tf.function(self._update, jit_compile=True)
        self._draw_and_update = tf.function(self._draw, jit_compile=True)

    def step(self) -> tuple[float, float, float, float]:
        """Draw a batch and train both networks once; returns loss and accuracy of D and of G."""
        d_loss, d_accuracy, g_loss, g_accuracy = self._draw_and_update().numpy().tolist()
        return d_loss, d_accuracy, g_loss, g_accuracy

    def _draw(self) -> Any:
        half = self._batch // 2
        return self._update(spiral(_square(half)), _square(half), _square(self._batch))

    def _update(self, real: Any, z_d: Any, z_g: Any) -> Any:
        """Train D on (B/2, 2) real points and the fakes of (B/2, 2) latents, then G on (B, 2) latents: (4,) numbers."""
        x = tf.concat([real, tf.tanh(self.G(z_d))], 0)
        y = tf.concat([tf.ones((len(real), 1)), tf.zeros((len(z_d), 1))], 0)
        with tf.GradientTape() as tape:
            logits = self.D(x)
            d_loss = _cross_entropy(logits, y)
        self.D.update(tape.gradient(d_loss, self.D.weights))
        d_accuracy = tf.reduce_mean(tf.cast((logits > 0) == (y > 0.5), tf.float32))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self.G.weights)
            logits = self.D(tf.tanh(self.G(z_g)))
            g_loss = _cross_entropy(logits, tf.ones_like(logits))
        self.G.update(tape.gradient(g_loss, self.G.weights))
        return tf.stack([d_loss, d_accuracy, g_loss, tf.reduce_mean(tf.cast(logits > 0, tf.float32))])


def spiral(z: Any) -> Any:
    """Map (n, 2) latents to (n, 2) real points."""
    u, v = z[:, 0], z[:, 1]
    r = 0.05 + 0.45 * (u + 1) + 0.05 * v
    theta = 3 * math.pi * u
    return tf.stack([r * tf.cos(theta), r * tf.sin(theta)], 1)


def _square(n: int) -> Any:
    return tf.random.uniform((n, 2), -1.0, 1.0)


def _cross_entropy(logits: Any, y: Any) -> Any:
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, logits))


def answer(gan: TensorFlowGAN) -> None:
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
    answer(TensorFlowGAN(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
