"""The data: one module a data set, each saying its shape and value range.

Import a data set from its own module: ``from course_lib.datasets.digits import digits``.
"""
