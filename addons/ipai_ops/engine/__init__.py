"""DECIDE: plain Python that looks at what is and says what to do next.

Nothing in this package imports odoo, docker, a socket or a clock.
"""
