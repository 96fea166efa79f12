"""Grading a class: each submission runs alone in a sandbox, and is judged outside of it.

The *probe* (probe.py) is the kernel in the sandbox: it runs the learner's notebook, then calls the
learner's functions on inputs that it is sent, and answers with plain arrays. The *judge* (judge.py)
runs outside, where the learner's program cannot reach: it knows the right answers, and gives the
points.
"""
