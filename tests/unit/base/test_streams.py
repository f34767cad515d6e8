"""Quieting of loggers."""

from __future__ import annotations

import logging

import pytest

from djlift.base.streams import quiet_logging


def test_loggers_are_quiet_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """Named loggers report errors alone, and have their level again afterwards, after an error too."""
    logger = logging.getLogger("djlift.tests.noisy")
    logger.setLevel(logging.INFO)
    with pytest.raises(ValueError, match="inside"), quiet_logging(logger.name):
        logger.warning("dropped")
        logger.error("kept")
        raise ValueError("inside")
    logger.info("again")
    assert caplog.messages == ["kept", "again"]


def test_the_root_logger_is_quiet() -> None:
    """Without names it is the root's level."""
    root, before = logging.getLogger(), logging.getLogger().level
    with quiet_logging():
        assert root.level == logging.ERROR
    assert root.level == before
