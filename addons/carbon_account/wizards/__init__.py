from . import carbon_service_period_wizard
