from . import crm_lead_to_opportunity
from . import lead_scoring_dry_run
from . import lead_scoring_import
from . import lead_scoring_publish
from . import lead_scoring_request
from . import lead_scoring_rule_test
from . import lead_scoring_send_back
from . import lead_scoring_simulation
