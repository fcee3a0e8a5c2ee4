from . import meter
