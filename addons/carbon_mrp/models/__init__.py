from . import carbon_activity_rule
from . import carbon_event_source
from . import carbon_operational_check
from . import carbon_operational_criterion
from . import mrp_production
from . import mrp_workorder
from . import stock_move
