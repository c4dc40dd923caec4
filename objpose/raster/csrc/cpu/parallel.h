// Work shared out to threads. Each item is computed whole by one thread, so results do not depend on their
// number.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(_WIN32)
#include <process.h>

#include <cerrno>

// Of windows.h, which makes macros of words like `near`.
extern "C" __declspec(dllimport) int __stdcall CloseHandle(void* handle);
#endif

namespace objpose {

// The helpers that work on one call. Those that the system has not begun to run when the work is done are not
// waited for: on a busy machine that takes longer than the work.
class Helpers {
 public:
  // Each calls work(on).
  Helpers(void (*work)(const void*), const void* on) : work_(work), on_(on) {}

  // One more. (No type of ours goes to the thread: the library would show it among its symbols.)
  static void start(const std::shared_ptr<Helpers>& helpers) {
    auto given = std::make_unique<std::shared_ptr<Helpers>>(helpers);
    begin(given.get());
    given.release();
  }

  bool join() {
    const std::lock_guard<std::mutex> guard(lock_);
    if (is_over_) return false;
    ++working_;
    return true;
  }

  void leave() {
    const std::lock_guard<std::mutex> guard(lock_);
    if (--working_ == 0) none_works_.notify_all();
  }

  void end() {
    std::unique_lock<std::mutex> guard(lock_);
    is_over_ = true;
    none_works_.wait(guard, [&] { return working_ == 0; });
  }

 private:
  // A thread that nobody waits for.
#if defined(_WIN32)
  // MinGW's std::thread, detached before it runs, may find that what it was given is gone.
  static void begin(void* given) {
    const auto thread = _beginthreadex(nullptr, 0, help_on_windows, given, 0, nullptr);
    if (thread == 0) throw std::system_error(errno, std::generic_category());
    CloseHandle(reinterpret_cast<void*>(thread));
  }
  static unsigned __stdcall help_on_windows(void* given) {
    help(given);
    return 0;
  }
#else
  static void begin(void* given) { std::thread(help, given).detach(); }
#endif

  static void help(void* given) {
    const std::unique_ptr<std::shared_ptr<Helpers>> own(static_cast<std::shared_ptr<Helpers>*>(given));
    Helpers& helpers = **own;
    if (!helpers.join()) return;
    helpers.work_(helpers.on_);
    helpers.leave();
  }

  void (*work_)(const void*);
  const void* on_;
  std::mutex lock_;
  std::condition_variable none_works_;
  int working_ = 0;
  bool is_over_ = false;
};

// Calls make_worker() once in each thread and the worker it returns for items 0..count-1, each once. Rethrows
// the first exception after all threads have ended.
template <typename MakeWorker>
void parallel_for(long long count, int threads, const MakeWorker& make_worker) {
  std::atomic<long long> next{0};
  std::exception_ptr failure;
  std::mutex failure_lock;
  const auto run = [&] {
    try {
      auto worker = make_worker();
      for (long long item = next++; item < count; item = next++) worker(item);
    } catch (...) {
      const std::lock_guard<std::mutex> guard(failure_lock);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  // A helper that comes late finds its own copy of the pointer, and looks at nothing else of this call.
  const auto helpers = std::make_shared<Helpers>(
      [](const void* on) { (*static_cast<decltype(&run)>(on))(); }, &run);
  const long long useful = std::min<long long>(threads, count);
  try {
    for (long long i = 1; i < useful; ++i) Helpers::start(helpers);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that run do all the work.
  }
  run();
  helpers->end();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace objpose
