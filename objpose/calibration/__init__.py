"""Where a camera sits on or beside a robot: hand-eye calibration."""

from objpose.calibration.boards import Board, parse_board
from objpose.calibration.hand_eye import HandEye, Noise, calibrate_hand_eye
from objpose.calibration.samples import HandEyeSamples

__all__ = ["Board", "HandEye", "HandEyeSamples", "Noise", "calibrate_hand_eye", "parse_board"]
