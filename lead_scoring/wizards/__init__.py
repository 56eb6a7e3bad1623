from . import lead_scoring_rule_test
from . import lead_scoring_send_back
