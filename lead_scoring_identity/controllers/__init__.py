from . import visit
from . import website_form
