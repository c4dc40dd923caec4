"""FreeZe: registration of an object's points with a frame's, judged by rendering."""

from objpose.registration.register import Registration, RegistrationOptions, register

__all__ = ["Registration", "RegistrationOptions", "register"]
