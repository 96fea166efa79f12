"""Diffusion models from scratch, one idea a module.

Data flows one way, and so do the imports::

    datasets -> forward_process -> unet -> training -> checkpoints -> sampling -> widgets

Import what you need from its own module, for example
``from course_lib.forward_process import add_noise``.
"""
