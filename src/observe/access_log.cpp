// The writer thread and its rounds: every few milliseconds, or earlier when a ring fills, it writes what all rings hold.
#include "gatehouse/observe/access_log.hpp"

#include "gatehouse/base/log.hpp"
#include "log_output.hpp"
#include "log_ring.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace gatehouse::observe {
namespace {

// How late a line may be. Workers wake the writer only when a ring is half full: no syscall per request.
constexpr auto kRound = std::chrono::milliseconds(50);
// How long flush() and the end wait for an output that takes nothing.
constexpr auto kPatience = std::chrono::seconds(2);

std::uint64_t count_lines(const iovec& piece) {
  const auto* const at = static_cast<const char*>(piece.iov_base);
  return static_cast<std::uint64_t>(std::count(at, at + piece.iov_len, '\n'));
}

// Whether the first `bytes` of `pieces` end with a whole line. REQUIRES: bytes > 0.
bool ends_line(const std::array<iovec, 2>& pieces, std::size_t bytes) {
  const bool in_first = bytes <= pieces[0].iov_len;
  const std::size_t last = (in_first ? bytes : bytes - pieces[0].iov_len) - 1;
  return static_cast<const char*>(pieces[in_first ? 0 : 1].iov_base)[last] == '\n';
}

std::string describe(int error) { return std::generic_category().message(error); }

}  // namespace

struct AccessLog::Impl {
  Impl(const AccessLogSettings& given, LogOutput opened, unsigned workers, Registry& registry, std::size_t ring_bytes);
  ~Impl();

  void wake() const;
  void run();
  bool drain_all();
  bool drain(LogRing& ring);
  LogOutput::Status write_some(LogRing& ring, std::uint64_t end);
  void discard(LogRing& ring, std::uint64_t end, int error);
  void wait_for_work(bool blocked) const;
  void open_again();

  struct Orders {
    bool stop = false;
    bool reopen = false;
    std::uint64_t flush = 0;  // the youngest flush() that waits
  };

  const AccessLogSettings settings;
  Counter& dropped;
  const unsigned writer_cell;
  std::vector<std::unique_ptr<LogRing>> rings;
  const int event;

  std::mutex mutex;
  std::condition_variable flushed;
  Orders orders;                 // under the mutex
  std::uint64_t flush_done = 0;  // under the mutex

  // The writer thread's own.
  LogOutput output;
  std::size_t current = 0;    // the ring whose line may be half written
  bool within_line = false;   // it is
  bool owes_newline = false;  // half a line was written and the rest was lost
  bool broken = false;        // the output refuses: said once
  std::chrono::steady_clock::time_point progress = std::chrono::steady_clock::now();

  std::thread writer;  // last: it uses all the others
};

AccessLog::Impl::Impl(const AccessLogSettings& given, LogOutput opened, unsigned workers, Registry& registry,
                      std::size_t ring_bytes)
    : settings(given),
      dropped(registry.counter("gatehouse_access_log_dropped_total",
                               "Access log lines that were lost because the output did not take them.")),
      writer_cell(registry.workers()),
      event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      output(std::move(opened)) {
  if (event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  for (unsigned i = 0; i < workers; ++i) rings.push_back(std::make_unique<LogRing>(ring_bytes, kMaxLine));
  // Signals are for the main thread; SIGPIPE shall be an EPIPE.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  writer = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

AccessLog::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex);
    orders.stop = true;
  }
  wake();
  writer.join();
  ::close(event);
}

void AccessLog::Impl::wake() const {
  const std::uint64_t one = 1;
  // It can only fail because it is woken already.
  [[maybe_unused]] const auto written = ::write(event, &one, sizeof(one));
}

void AccessLog::Impl::run() {
  ::pthread_setname_np(::pthread_self(), "access-log");
  bool blocked = false;
  while (true) {
    wait_for_work(blocked);
    Orders now;
    {
      const std::lock_guard lock(mutex);
      now = orders;
      orders.reopen = false;
    }
    blocked = !drain_all();
    const bool gave_up = std::chrono::steady_clock::now() - progress > kPatience;
    if (now.reopen) open_again();
    if (!blocked || gave_up) {
      const std::lock_guard lock(mutex);
      flush_done = now.flush;
      flushed.notify_all();
    }
    if (now.stop && (!blocked || gave_up)) return;
  }
}

void AccessLog::Impl::wait_for_work(bool blocked) const {
  if (!blocked && std::any_of(rings.begin(), rings.end(), [](const auto& ring) { return ring->crowded(); })) return;
  // An output that is not blocked is left out: poll() would report a reader that has gone at once, again and again.
  pollfd sources[] = {{event, POLLIN, 0}, {blocked ? output.fd() : -1, POLLOUT, 0}};
  ::poll(sources, 2, static_cast<int>(kRound.count()));
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(event, &count, sizeof(count));
}

// False when the output takes no more for now.
bool AccessLog::Impl::drain_all() {
  for (std::size_t left = rings.size(); left > 0; --left) {
    if (!drain(*rings[current])) return false;
    current = (current + 1) % rings.size();
  }
  progress = std::chrono::steady_clock::now();
  return true;
}

// Only what is there at the start: a busy worker does not starve the others.
bool AccessLog::Impl::drain(LogRing& ring) {
  const std::uint64_t end = ring.committed();
  while (ring.consumed() != end) {
    if (write_some(ring, end) == LogOutput::Status::kBlocked) return false;
    progress = std::chrono::steady_clock::now();
  }
  return true;
}

LogOutput::Status AccessLog::Impl::write_some(LogRing& ring, std::uint64_t end) {
  static constexpr char kNewline = '\n';
  const auto pieces = ring.pieces(end);
  const iovec newline{const_cast<char*>(&kNewline), 1};
  const auto written = owes_newline
                           ? output.write({&newline, 1})
                           : output.write({pieces.data(), pieces[1].iov_len == 0 ? std::size_t{1} : std::size_t{2}});
  if (written.status == LogOutput::Status::kFailed) discard(ring, end, written.error);
  if (written.status != LogOutput::Status::kOk) return written.status;
  if (std::exchange(broken, false)) log::info("access_log_recovered", {{"to", settings.to}});
  if (std::exchange(owes_newline, false)) return written.status;
  within_line = !ends_line(pieces, written.bytes);
  ring.consume(written.bytes);
  return written.status;
}

void AccessLog::Impl::discard(LogRing& ring, std::uint64_t end, int error) {
  const auto pieces = ring.pieces(end);
  dropped.add(writer_cell, count_lines(pieces[0]) + count_lines(pieces[1]));
  ring.consume(end - ring.consumed());
  if (std::exchange(within_line, false)) owes_newline = true;
  if (!std::exchange(broken, true)) log::warn("access_log_broken", {{"to", settings.to}, {"error", describe(error)}});
}

void AccessLog::Impl::open_again() {
  if (!output.is_file()) return;
  auto opened = LogOutput::open(settings.to);
  if (opened) {
    output = std::move(*opened);
    log::info("access_log_reopened", {{"to", settings.to}});
  } else {
    log::error("access_log_not_reopened", {{"to", settings.to}, {"error", opened.error().message()}});
  }
}

AccessLog::AccessLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AccessLog::~AccessLog() = default;

Result<std::shared_ptr<AccessLog>> AccessLog::open(const AccessLogSettings& settings, unsigned workers,
                                                   Registry& registry, std::size_t ring_bytes) {
  std::unique_ptr<Impl> impl;
  if (settings.enabled) {
    auto output = LogOutput::open(settings.to);
    if (!output) return output.error();
    impl = std::make_unique<Impl>(settings, std::move(*output), workers, registry, ring_bytes);
  }
  return std::shared_ptr<AccessLog>(new AccessLog(std::move(impl)));
}

char* AccessLog::reserve(unsigned worker, std::size_t size) {
  if (!impl_) return nullptr;
  char* const room = impl_->rings[worker]->reserve(size);
  if (room == nullptr) [[unlikely]]
    impl_->dropped.add(worker);
  return room;
}

void AccessLog::commit(unsigned worker, std::size_t size) {
  if (impl_->rings[worker]->commit(size)) [[unlikely]]
    impl_->wake();
}

void AccessLog::reopen() {
  if (!impl_) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->orders.reopen = true;
  }
  impl_->wake();
}

void AccessLog::flush() {
  if (!impl_) return;
  std::unique_lock lock(impl_->mutex);
  const std::uint64_t wanted = ++impl_->orders.flush;
  impl_->wake();
  impl_->flushed.wait(lock, [&] { return impl_->flush_done >= wanted; });
}

}  // namespace gatehouse::observe
