from . import test_estimate
from . import test_estimate_used
from . import test_match
from . import test_nothing_found
from . import test_spend
from . import test_vendor
from . import test_subcontract
from . import test_supplement
