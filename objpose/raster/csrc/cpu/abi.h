// What the functions of the C ABI share: they return 0, 1 for a failure or 2 for arguments that cannot be
// drawn, and leave the reason in objpose_last_error().
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#if defined(_WIN32)
#define OBJPOSE_API extern "C" __declspec(dllexport)
#else
#define OBJPOSE_API extern "C" __attribute__((visibility("default")))
#endif

namespace objpose {

inline std::string& last_error() {
  thread_local std::string message;
  return message;
}

template <typename Body>
int guarded(const Body& body) {
  try {
    body();
    return 0;
  } catch (const std::out_of_range& error) {
    last_error() = error.what();
    return 2;
  } catch (const std::exception& error) {
    last_error() = error.what();
    return 1;
  }
}

}  // namespace objpose
