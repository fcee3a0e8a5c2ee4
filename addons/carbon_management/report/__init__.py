from . import carbon_meter_report
from . import carbon_metering_report
