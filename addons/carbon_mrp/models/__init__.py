from . import carbon_activity_rule
from . import carbon_event_source
from . import mrp_production
from . import stock_move
