from . import lead_scoring_report
from . import lead_scoring_report_missed
from . import lead_scoring_report_rules
from . import lead_scoring_publication_report
from . import lead_scoring_seller
from . import lead_scoring_seller_words
