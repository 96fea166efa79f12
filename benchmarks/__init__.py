"""Our digit generator beside two well-known networks: ``python -m benchmarks --seconds 300``.

Only the network differs. Everyone gets the same digits, seconds, batch, loss, optimiser,
learning-rate policy, averaged weights, precision, memory format, sampler and judge. Each run has a
process of its own, so that nobody pays for another's memory.

- `peers`: the networks, each as ``model(x_t, t, cond) -> eps_hat``
- `measure`: training, sampling, operations, the machine's peak, judging
- `isolate`: a process of its own for each measurement, which reports how far it is
- `widget`: how long the scrubber's key handler takes in Chromium
- `report`: the table and ``results.json``
- `profile`: where the time of one training step goes
"""
