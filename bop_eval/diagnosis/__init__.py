"""What convention a result file gets wrong: tried out on its estimates, and said in words."""

from bop_eval.diagnosis.diagnose import Diagnosis, Finding, diagnose
from bop_eval.diagnosis.words import diagnosis_text

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnosis_text"]
