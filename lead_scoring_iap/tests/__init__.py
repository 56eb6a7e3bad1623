from . import test_enrichment
