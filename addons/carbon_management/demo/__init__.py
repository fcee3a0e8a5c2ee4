from . import carbon_meter_demo
from . import carbon_supplier_demo
