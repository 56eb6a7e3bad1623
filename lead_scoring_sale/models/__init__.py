from . import lead_scoring_source
from . import lead_scoring_rule
from . import crm_lead
from . import res_partner
from . import sale_order
from . import lead_scoring_obstacle
