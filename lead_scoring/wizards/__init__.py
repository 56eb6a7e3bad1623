from . import lead_scoring_rule_test
