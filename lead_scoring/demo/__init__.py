from . import lead_scoring_demo
