from . import carbon_meter_demo
