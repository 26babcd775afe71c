// gatehouse run: the process around the gateway: signals, admin listener, reload, drain.

#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/demo_server.hpp"

#include "gatehouse/admin/admin_server.hpp"
#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/gateway/gateway.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <malloc.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <memory>

namespace gatehouse::app {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kDrainLook = std::chrono::milliseconds(20);

log::Level parse_level(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warn") return log::Level::kWarn;
  return name == "error" ? log::Level::kError : log::Level::kInfo;
}

// Hundreds of thousands of connections need as many descriptors as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What was freed at the end of a worker's arena is given back by nothing but this bound, which grows to 64 MiB an arena unless it is set:
// after a few large bodies a gateway near its `memory` limit would refuse requests for ever. Larger pieces come from the system and go back.
void bound_freed_memory() {
  constexpr int kMost = 4 << 20;
  mallopt(M_MMAP_THRESHOLD, kMost);
  mallopt(M_TRIM_THRESHOLD, kMost);
}

Result<config::Settings> load(const std::string& file) {
  config::Loaded loaded = config::load_file(file, config::process_environment());
  if (loaded.settings) return std::move(*loaded.settings);
  std::string problems;
  for (const auto& problem : loaded.problems) problems += (problems.empty() ? "" : "; ") + problem.to_string();
  return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "config_invalid", problems);
}

// The control plane's thread: everything here runs on it.
class Process {
 public:
  Process(RunOptions options, std::unique_ptr<gateway::Gateway> gateway, Duration grace)
      : options_(std::move(options)), gateway_(std::move(gateway)), grace_(grace) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) signals_.add(signal);
  }

  Result<void> serve(const Endpoint& admin_address) {
    auto admin = admin::AdminServer::start(context_, admin_address, *gateway_, [this] { return reload(); });
    if (!admin) return admin.error();
    admin_ = std::move(*admin);
    for (const Endpoint& endpoint : gateway_->endpoints()) log::info("listening", {{"address", endpoint.to_string()}});
    log::info("admin listening", {{"address", admin_->endpoint().to_string()}});
    log::info("ready", {{"workers", std::uint64_t(gateway_->status().workers)}});
    await_signal();
    context_.run();
    log::info("stopped");
    return {};
  }

 private:
  void await_signal() {
    signals_.async_wait([this](error_code ec, int signal) {
      if (!ec) on_signal(signal);
    });
  }

  void on_signal(int signal) {
    if (signal == SIGHUP) {
      reload();
    } else if (signal == SIGUSR1) {
      gateway_->reopen_logs();
    } else if (gateway_->status().draining) {
      log::warn("second signal: closing at once");
      return finish();
    } else {
      drain();
    }
    await_signal();
  }

  Result<void> reload() {
    auto settings = load(options_.file);
    if (!settings) {
      gateway_->reload_failed(settings.error().message());
      log::error("reload failed, nothing changed", {{"problems", settings.error().message()}});
      return settings.error();
    }
    const Duration grace = settings->drain;
    auto done = gateway_->reload(std::move(*settings));
    if (!done) {
      log::error("reload failed, nothing changed", {{"problem", done.error().message()}});
      return done;
    }
    grace_ = grace;
    log::info("reloaded", {{"config_version", gateway_->status().config_version}});
    return {};
  }

  void drain() {
    gateway_->drain();
    log::info("draining", {{"connections", gateway_->connections()}});
    drain_until_ = std::chrono::steady_clock::now() + grace_;
    look_whether_drained();
  }

  void look_whether_drained() {
    const auto open = gateway_->connections();
    if (open == 0) return finish();
    if (std::chrono::steady_clock::now() >= drain_until_) {
      log::warn("grace time is over: closing what is left", {{"connections", open}});
      return finish();
    }
    timer_.expires_after(kDrainLook);
    timer_.async_wait([this](error_code ec) {
      if (!ec) look_whether_drained();
    });
  }

  void finish() {
    timer_.cancel();
    context_.stop();
  }

  RunOptions options_;
  asio::io_context context_{1};
  asio::signal_set signals_{context_};
  asio::steady_timer timer_{context_};
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<admin::AdminServer> admin_;
  Duration grace_;
  TimePoint drain_until_{};
};

int fail(const Error& error) {
  std::fprintf(stderr, "gatehouse: %s\n", error.message().c_str());
  return 1;
}

}  // namespace

int run(const RunOptions& options) {
  log::set_level(parse_level(options.log_level));
  auto settings = load_or_complain(options.file);
  if (!settings) return 1;
  raise_descriptor_limit();
  bound_freed_memory();

  std::unique_ptr<DemoServer> demo;
  if (options.demo_backend) {
    auto started = DemoServer::start({IpAddress::parse("127.0.0.1").value(), 8081}, "demo");
    if (!started) return fail(started.error());
    demo = std::move(*started);
  }
  const SystemClock clock;
  const Endpoint admin_address = settings->admin.address;
  const Duration grace = settings->drain;
  auto gateway = gateway::Gateway::start(std::move(*settings), clock);
  if (!gateway) return fail(gateway.error());
  Process process(options, std::move(*gateway), grace);
  auto served = process.serve(admin_address);
  return served ? 0 : fail(served.error());
}

}  // namespace gatehouse::app
