from . import crm_lead
from . import crm_team
from . import lead_scoring_pass
from . import lead_scoring_shard
