from . import lead_scoring_source
from . import lead_scoring_engine
from . import lead_scoring_rule
from . import blog_post
from . import crm_lead
from . import res_partner
from . import website_track
from . import lead_scoring_obstacle
