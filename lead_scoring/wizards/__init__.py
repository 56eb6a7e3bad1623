from . import lead_scoring_explanation
from . import lead_scoring_rule_test
