from . import test_access
from . import test_amount
from . import test_bill
from . import test_bill_changes
from . import test_entry
from . import test_hooks
from . import test_price_answers
from . import test_rule_dates
