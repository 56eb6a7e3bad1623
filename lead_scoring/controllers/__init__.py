from . import lead_scoring
from . import visit
from . import website_form
