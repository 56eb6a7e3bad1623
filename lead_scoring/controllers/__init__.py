from . import lead_scoring
from . import website_form
