from . import controllers, demo, models, report, wizards
from .hooks import uninstall_hook

__all__ = ["models", "uninstall_hook"]
