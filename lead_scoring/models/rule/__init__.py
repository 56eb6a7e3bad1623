from . import lead_scoring_code_only_mixin
from . import ir_rule
from . import lead_scoring_access_check
from . import lead_scoring_value_check
from . import lead_scoring_rule_check
from . import lead_scoring_page_check
from . import lead_scoring_domain_mixin
from . import lead_scoring_rule
