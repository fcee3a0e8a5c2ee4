from . import carbon_demo
from . import carbon_demo_monitoring
from . import carbon_demo_chinese
from . import carbon_demo_performance
from . import carbon_demo_group
from . import carbon_demo_refills
from . import carbon_demo_meters
