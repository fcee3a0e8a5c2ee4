from . import kernel
