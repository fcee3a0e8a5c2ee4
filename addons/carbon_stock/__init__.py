from . import demo, models, report
from .hooks import uninstall_hook
