from . import carbon_activity_rule
from . import carbon_engine
from . import carbon_event_source
from . import carbon_move_document_mixin
from . import stock_location
from . import stock_move
from . import stock_move_line
from . import stock_picking
