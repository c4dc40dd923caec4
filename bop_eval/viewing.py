"""A result file in the browser: the estimates one by one, worst first, beside the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from bop_eval.datasets import EvaluationSet
from bop_eval.evaluation import evaluate
from bop_eval.page.worst import ESTIMATE_COLOR, TRUTH_COLOR, case_of, worst_pairs
from bop_eval.report import Report
from bop_eval.tables import report_text
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io import BopResultTable, read_bop_table

if TYPE_CHECKING:
    from viser import ViserServer

MOST = 500  # cases in the list
LEGEND = (
    f'<span style="color:rgb{TRUTH_COLOR}">&#9632;</span> the truth '
    f'<span style="color:rgb{ESTIMATE_COLOR}">&#9632;</span> the estimate; '
    "last, where they differ: black is a quarter of the diameter in depth."
)


def show_run(results: Path, test_set: EvaluationSet, port: int) -> tuple[ViserServer, str]:
    """Score a result file and serve its cases on a page of this machine; the server, and what it shows.

    Raises:
        InputError: an unusable result file or set, no estimate beside a true instance, or no viser.
    """
    from objpose.viewing.server import start_server

    table = read_bop_table(results)
    report = evaluate(table, test_set, "localization")
    pairs = worst_pairs(report)
    if not pairs:
        found = "no estimate of an object that its image shows"
        raise InputError(results, found, "estimates to compare", "bop-eval check says what is wrong")
    server = start_server(port)
    CasePanel(server, report, table, test_set, pairs)
    return server, f"{len(pairs)} estimates, AR {report.figures['AR']:.3f}"


class CasePanel:
    """One case is looked at; its list runs from the worst to the best."""

    def __init__(
        self,
        server: ViserServer,
        report: Report,
        table: BopResultTable,
        test_set: EvaluationSet,
        pairs: list[tuple[int, float]],
    ) -> None:
        self.server, self.report, self.table, self.test_set = server, report, table, test_set
        self.pairs = pairs[:MOST]
        self.handles: list[Any] = []
        self._build()
        self.show(0)

    def _build(self) -> None:
        gui = self.server.gui
        gui.set_panel_label("bop-eval view")
        with gui.add_folder("Scores", expand_by_default=False):
            gui.add_html(f"<pre style='font-size:10px;overflow-x:auto'>{report_text(self.report)}</pre>")
        names = [self._name(index) for index in range(len(self.pairs))]
        which = gui.add_dropdown("Case, worst first", names)
        self.words = gui.add_markdown("")
        self.pictures = gui.add_html("")
        gui.add_markdown(LEGEND)
        which.on_update(lambda _: self.show(names.index(which.value)))

    def _name(self, index: int) -> str:
        (pair, quality), pairs = self.pairs[index], self.report.pairs
        where = f"scene {pairs.scene_id[pair]}, image {pairs.im_id[pair]}"
        return f"{index + 1}: object {pairs.obj_id[pair]}, {where}, {100 * quality:.0f} %"

    def show(self, index: int) -> None:
        pair, quality = self.pairs[index]
        case = case_of(self.report, self.table, self.test_set, pair)
        score = self.report.pairs.score[pair].item()
        self.words.content = (
            f"Passes **{100 * quality:.0f} %** of the thresholds: MSSD {case.mssd:.3f} of the diameter, MSPD "
            f"{case.mspd:.1f} pixels of an image 640 wide. Score {score:.3f}, line {case.line} of the file."
        )
        images = "".join(f'<img src="{uri}" style="width:32%;margin-right:1%">' for uri in case.pictures)
        self.pictures.content = f'<div style="margin:0 1em">{images}</div>'
        self._place(pair)

    def _place(self, pair: int) -> None:
        """The photo in its camera, the object where it is and where it was put."""
        from objpose.viewing.frames import show_photo
        from objpose.viewing.server import start_beside_camera

        pairs = self.report.pairs
        image = self.test_set.images.image(pairs.scene_id[pair].item(), pairs.im_id[pair].item())
        truth = image.cam_from_obj[pairs.gt_id[pair].item()]
        distance = float(truth[2, 3])
        for handle in self.handles:
            handle.remove()
        rgb = image.rgb() if image.rgb is not None else np.full((image.height, image.width, 3), 128, np.uint8)
        camera = Camera.from_K(image.K, image.width, image.height)
        self.handles = [show_photo(self.server, camera, rgb, distance)]
        shown = (
            ("truth", truth, TRUTH_COLOR),
            (
                "estimate",
                self.table.cam_from_obj[pairs.row[pair].item()],
                ESTIMATE_COLOR,
            ),
        )
        mesh = self.test_set.models.mesh(pairs.obj_id[pair].item(), colors=False)
        for name, transform, color in shown:
            cam_from_obj = SE3.from_matrix(torch.from_numpy(np.array(transform)))
            self.handles.append(
                self.server.scene.add_mesh_simple(
                    f"/{name}",
                    mesh.vertices.numpy(),
                    mesh.faces.numpy(),
                    color=color,
                    opacity=0.6,
                    wxyz=cam_from_obj.rotation.wxyz.numpy(),
                    position=cam_from_obj.translation.numpy(),
                )
            )
        start_beside_camera(self.server, distance)
