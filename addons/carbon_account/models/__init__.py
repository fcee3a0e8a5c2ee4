from . import account_move
from . import account_move_line
from . import carbon_activity_rule
from . import carbon_collection_issue
from . import carbon_engine
from . import carbon_event_source
from . import carbon_event_source_price
from . import carbon_relevant_variable
