from . import test_conditions
from . import test_discovery
from . import test_evaluate
from . import test_learning
from . import test_points
from . import test_prediction
from . import test_sample
from . import test_ui
