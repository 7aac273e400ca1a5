"""Sending and receiving."""

from config.env import env

RECEIVED_AFTER_DAYS = env.RECEIVED_AFTER_DAYS
