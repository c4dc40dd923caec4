"""FreeZe: registration of an object's points with a frame's, judged by rendering."""

from objpose.registration.options import RegistrationOptions
from objpose.registration.register import Registration, register

__all__ = ["Registration", "RegistrationOptions", "register"]
