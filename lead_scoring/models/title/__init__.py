from . import lead_scoring_title_word
from . import lead_scoring_title_unknown
from . import crm_lead_title
