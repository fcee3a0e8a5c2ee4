from . import test_mrp
from . import test_mrp_checks
from . import test_mrp_faces
from . import test_mrp_orders
from . import test_mrp_subcontract
