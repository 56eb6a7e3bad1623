from . import test_conditions
from . import test_evaluate
from . import test_points
