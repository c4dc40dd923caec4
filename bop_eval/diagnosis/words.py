"""A diagnosis as text for the terminal."""

from bop_eval.diagnosis.diagnose import Diagnosis


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """What was found, what it does to the recall, and the cure; or that nothing was."""
    head = (
        f"{diagnosis.dataset}: {diagnosis.right} of {diagnosis.compared} estimates are right as they are; "
        f"{_recalls(diagnosis.recalls)}"
    )
    if not diagnosis.findings:
        return f"{head}\nnothing found: no convention that is tried makes these estimates better"
    lines = [head]
    for number, finding in enumerate(diagnosis.findings, start=1):
        lines += [
            f"{number}. {finding.name}: {finding.what}",
            f"   without it {finding.estimates} more estimates are right; {_recalls(finding.recalls)}",
            f"   cure: {finding.cure}",
        ]
    return "\n".join(lines)


def _recalls(recalls: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in recalls.items())
