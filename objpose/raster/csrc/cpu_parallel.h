// Work shared out to threads. Each item is computed whole by one thread, so results do not depend on their
// number.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace objpose {

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
  std::vector<std::thread> others;
  const long long useful = std::min<long long>(threads, count);
  try {
    for (long long i = 1; i < useful; ++i) others.emplace_back(run);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that run do all the work.
  }
  run();
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace objpose
