from . import kernel, kernel_methods
