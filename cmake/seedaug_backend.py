"""The PEP 517 backend: setuptools', but an isolated build fetches only what is missing."""

import seedaug_build
from setuptools.build_meta import *  # noqa: F403 (the other hooks)


def get_requires_for_build_wheel(config_settings=None):
    return seedaug_build.missing_requirements()


get_requires_for_build_editable = get_requires_for_build_wheel
