"""The members of a camera file: each is used, known to be without effect, or named in a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from objpose.errors import InputError, warn_input
from objpose.io.json_file import JsonValue, describe

# Members that change neither the rays of the pixels nor the unit of depth: who made the file, when and how
# well; where the camera stands, as poses are relative to it; what else stands beside a camera.
HARMLESS_NAMES = """
    __version__ header frame_id camera_name name names
    label id camera_id cam_id camera_index index serial serial_number
    serial_number_ serial_no serialnumber device device_id device_name device_type sensor sensor_name
    sensor_id firmware firmware_version manufacturer make vendor product product_line description comment
    comments note notes author date time timestamp stamp calibration_time calibration_date created version
    version_major version_minor class_name type_id schema format_version license source url topic
    rostopic image_topic cam_overlaps timeshift_cam_imu t_cam_imu t_cn_cnm1 t_bs stream stream_type
    stream_name stream_index stream_length_usec fps rate rate_hz frame_rate framerate color_format
    depth_format color_mode depth_mode encoding format mode exposure gain
    rms rms_error reprojection_error avg_reprojection_error mean_error error error_px
    per_view_reprojection_errors calibration_error std_deviations std_deviations_intrinsics ret flags
    flagvalue flag_value nframes nr_of_frames board_width board_height square_size pattern aspectratio
    per_view_errors
    extrinsic extrinsics extrinsic_parameters rvecs tvecs rvec tvec
    grid_points image_points image_points_count object_points corners
    cam_r_w2c cam_t_w2c cam_from_world world_from_cam cam_to_world cam2world world2cam world_to_cam twc tcw
    c2w w2c pose camera_pose position orientation transform transform_matrix view_level elev scene_id im_id
    confidence reason
    metric_radius viewer orbextractor imu loopclosing thdepth bf rgb file system lensposition
    near far znear zfar clipping_range gt_source
    parameter_count color_resolution depth_resolution k_inv inv_k sensor_type camera_model_name
    t_00 t_01 t_02 t_03 t_10 t_11 t_12 t_13 t_20 t_21 t_22 t_23 blur_score center_depth manual_keyframe
    neighbors frame_index camera_pose_ar_frame camera_grain average_velocity
    average_angular_velocity exposure_duration motion_quality poses init_pose dw dh
    rt t cam2world_matrix world2cam_matrix camera_look_at camera_view_matrix location_world
    quaternion_world_xyzw location_worldframe quaternion_xyzw_worldframe objects
    new_width new_height stereo
    """


def plain_name(name: str) -> str:
    """A name as all of its spellings have it: `imageWidth`, `image_width` and `Image-Width` are one."""
    return re.sub("[-_ ]", "", name.lower())


def last_name(member: JsonValue) -> str:
    """The member's own name, without those of the objects around it."""
    return member.key_path.rpartition(".")[2]


HARMLESS = frozenset(plain_name(name) for name in HARMLESS_NAMES.split())


class Members:
    """The members of one object, asked for by their names in any spelling; what nobody asks for is left."""

    def __init__(self, value: JsonValue, beside: Sequence[JsonValue] = ()) -> None:
        """beside: members of the objects around this one, which say something of it too."""
        self.value = value
        self._left: dict[str, JsonValue] = {}
        for member in [*(member for _, member in value.members()), *beside]:
            if member.value is not None:
                self._add(plain_name(last_name(member)), member)

    def _add(self, name: str, member: JsonValue) -> None:
        other = self._left.setdefault(name, member)
        if other is not member and other.value != member.value and name not in HARMLESS:
            found = f"{other.key_path} and {member.key_path} with different values"
            raise InputError(self.value.file, found, "one of them", "take the wrong one out")

    @property
    def place(self) -> str:
        """The file, and where the object stands in it."""
        return f"{self.value.file}: {self.value.key_path}" if self.value.key_path else str(self.value.file)

    def take(self, *names: str) -> list[JsonValue]:
        """Those of the members that are there, as used."""
        plain = map(plain_name, names)
        return [self._left.pop(name) for name in plain if name in self._left]

    def one(self, *names: str) -> JsonValue | None:
        """The member that has one of these names.

        Raises:
            InputError: two of them disagree.
        """
        found = self.take(*names)
        for other in found[1:]:
            if other.value != found[0].value:
                both = f"{found[0].key_path} and {other.key_path} with different values"
                raise InputError(self.value.file, both, "one of them", "take the wrong one out")
        return found[0] if found else None

    def end(self) -> None:
        """Raises InputError for what is left and may matter; warns of texts, which may but seldom do."""
        left = {name: member for name, member in self._left.items() if name not in HARMLESS}
        texts = [member.key_path for member in left.values() if isinstance(member.value, str)]
        others = [member for member in left.values() if not isinstance(member.value, str)]
        if others:
            found = ", ".join(f"{member.key_path} ({describe(member.value)})" for member in others[:4])
            expected = "members that are known, as any other may change what the camera sees"
            raise InputError(self.value.file, found, expected, "take it out if it changes nothing")
        if texts:
            found = f"{', '.join(texts[:4])}, which nothing reads"
            warn_input(self.value.file, found, "members that are known", "check that it changes nothing")
