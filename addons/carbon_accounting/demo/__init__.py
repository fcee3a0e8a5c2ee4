from . import carbon_demo
from . import carbon_demo_monitoring
