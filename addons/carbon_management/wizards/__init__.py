from . import carbon_calibration_visit
from . import carbon_calibration_visit_line
from . import carbon_calibration_void
from . import carbon_supplier_evidence_reject
