"""`bop-eval nocs`."""

from pathlib import Path

import click

VARIANT_NAMES = ("nocs-original", "aabb-fixed", "oriented")


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--dataset", type=click.Path(path_type=Path),
    help="Folder or .json with the truth of the images.  [default: what RESULTS holds of it]",
)  # fmt: skip
@click.option(
    "--variant", "variants", type=click.Choice(VARIANT_NAMES), multiple=True,
    help="What is measured; may be given several times.  [default: all]",
)  # fmt: skip
@click.option(
    "--classes", help="Names of the class ids 1, 2, ..., with commas.  [default: NOCS's six]"
)  # fmt: skip
@click.option("--bootstrap", is_flag=True, help="Say how far each figure depends on the images drawn.")
@click.option("--seed", default=0, show_default=True, help="Of the draws.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the whole report there.")
def nocs(
    results: Path, dataset: Path | None, variants: tuple[str, ...], classes: str | None, bootstrap: bool,
    seed: int, json_path: Path | None,
) -> None:  # fmt: skip
    """Score category-level poses and sizes: 3D IoU at 25, 50 and 75 %, and n degrees m centimetres.

    RESULTS is a folder with a file for each image (.pkl as NOCS's script writes it, .npz or .json), or one
    .json file. The published script has faults; each variant says what it measures.
    """
    from bop_eval.bootstrap import SAMPLES
    from bop_eval.categories import (
        NOCS_CLASSES,
        ClassRules,
        category_text,
        evaluate_categories,
        read_category_results,
    )
    from objpose.io import write_json

    rules = ClassRules(names=tuple(classes.split(","))) if classes else NOCS_CLASSES
    read = read_category_results(results, dataset)
    samples = SAMPLES if bootstrap else 0
    reports = [
        evaluate_categories(read, variant, rules, samples, seed) for variant in variants or VARIANT_NAMES
    ]
    if json_path is not None:
        write_json(json_path, [report.to_json() for report in reports])
    click.echo("\n\n".join(map(category_text, reports)))
