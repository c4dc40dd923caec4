"""Hypotheses of an instance: where it is, and its latent vector; packed for the solver."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.categories.shape_model import ShapeModel
from objpose.geometry import SE3, Mesh


@dataclass(frozen=True, eq=False)
class Instances:
    """B hypotheses of instances of one category."""

    model: ShapeModel
    cam_from_obj: SE3  # (B,) of the middle of the body
    latent: Tensor  # (B, D)

    def __len__(self) -> int:
        return len(self.latent)

    def __getitem__(self, index: Tensor | slice) -> Instances:
        return Instances(self.model, self.cam_from_obj[index], self.latent[index])

    def joined(self, other: Instances) -> Instances:
        poses = SE3.cat([self.cam_from_obj, other.cam_from_obj])
        return Instances(self.model, poses, torch.cat([self.latent, other.latent]))

    def mesh(self, index: int) -> Mesh:
        return self.model.mesh(self.latent[index])

    @property
    def packed(self) -> Tensor:
        """(B, 7 + D) wxyz_xyz and latent."""
        return torch.cat([self.cam_from_obj.wxyz_xyz, self.latent], dim=1)

    @staticmethod
    def unpacked(model: ShapeModel, params: Tensor) -> Instances:
        return Instances(model, SE3(params[:, :7]), params[:, 7:])

    def moved(self, step: Tensor) -> Instances:
        """By steps (B, 6 + D): shifts and turns in camera axes about the object's origin, and latents."""
        turn = SE3.exp(torch.cat([torch.zeros_like(step[:, :3]), step[:, 3:6]], dim=1)).rotation
        rotation = (turn @ self.cam_from_obj.rotation).normalized()
        translation = self.cam_from_obj.translation + step[:, :3]
        cam_from_obj = SE3.from_rotation_translation(rotation, translation)
        return Instances(self.model, cam_from_obj, self.latent + step[:, 6:])
