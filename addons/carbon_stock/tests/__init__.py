from . import test_stock
from . import test_stock_changes
from . import test_stock_faces
from . import test_stock_hooks
from . import test_stock_kinds
from . import test_stock_partner
from . import test_stock_partner_merge
from . import test_stock_write_off
