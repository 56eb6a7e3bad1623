from . import test_comments
from . import test_topics
