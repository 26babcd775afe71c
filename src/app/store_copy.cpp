// gatehouse store copy: tables of one store into another, which moves a growing service from one engine to the next.

#include "app/commands.hpp"
#include "app/configuration.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/engine/copy.hpp"
#include "gatehouse/dynamo/engine/remote_engine.hpp"
#include "gatehouse/gateway/open_engine.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace gatehouse::app {
namespace {

using dynamo::CopyProgress;
using dynamo::Engine;
using dynamo::StoreSettings;

constexpr unsigned kDiskThreads = 4;
constexpr std::size_t kDiskQueue = 1024;
constexpr auto kBarEvery = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(5);
constexpr std::size_t kBarWidth = 30;

Error invalid(std::string message) { return {ErrorKind::kInvalid, ErrorSource::kGateway, "copy_invalid", std::move(message)}; }

bool is_url(const std::string& text) { return text.starts_with("http://") || text.starts_with("https://"); }

// Amazon's endpoints name their region; elsewhere it matters to the signature alone.
std::string region_of(const std::string& url) {
  const auto host = url.find("://dynamodb.");
  const auto end = url.find(".amazonaws.com");
  if (host != std::string::npos && end != std::string::npos && end > host + 12) return url.substr(host + 12, end - host - 12);
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (const char* const region = std::getenv(name); region != nullptr && *region != '\0') return region;
  return "us-east-1";
}

// Settings of FROM and TO. The configuration is read when one of them is a name.
class StoreFinder {
 public:
  explicit StoreFinder(std::string file) : file_(std::move(file)) {}

  Result<StoreSettings> find(const std::string& name) {
    if (is_url(name)) {
      StoreSettings store;
      store.name = name;
      store.kind = dynamo::EngineKind::kRemote;
      store.remote.endpoints = {name};
      store.remote.region = region_of(name);
      return store;
    }
    if (!settings_) settings_ = load_or_complain(file_);
    if (!settings_) return invalid("the configuration cannot be used");
    std::string known;
    for (const StoreSettings& store : settings_->stores) {
      if (store.name == name) return store;
      known += (known.empty() ? "" : ", ") + store.name;
    }
    return invalid("there is no store '" + name + "' in " + file_ + (known.empty() ? "" : ", but " + known) +
                   "; a URL would do as well");
  }

 private:
  const std::string file_;
  std::optional<config::Settings> settings_;
};

bool same_place(const StoreSettings& a, const StoreSettings& b) {
  if (a.kind != b.kind) return false;
  return a.kind == dynamo::EngineKind::kEmbedded ? a.embedded.path == b.embedded.path : a.name == b.name;
}

// A bar that is drawn over itself on a terminal, lines now and then elsewhere.
class Display {
 public:
  void show(const CopyProgress& at) {
    if (at.step == CopyProgress::Step::kDone) return show_end(at);
    const auto now = std::chrono::steady_clock::now();
    if (at.table_number != table_) {
      table_ = at.table_number;
      began_ = now;
      began_with_ = at.items;
      shown_ = now - kLineEvery;
    }
    if (now - shown_ < (terminal_ ? Duration(kBarEvery) : Duration(kLineEvery))) return;
    shown_ = now;
    const std::string line = text(at, now);
    std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
  }
  void end_line() const {
    if (terminal_) std::fprintf(stderr, "\r\033[K");
  }

 private:
  std::string text(const CopyProgress& at, TimePoint now) const {
    std::string line = "[" + std::to_string(at.table_number) + "/" + std::to_string(at.tables) + "] " + std::string(at.table) + " ";
    if (at.step == CopyProgress::Step::kCounting) return line + "counting both sides";
    if (terminal_ && at.expected > 0) line += bar(std::min(1.0, static_cast<double>(at.items) / static_cast<double>(at.expected)));
    line += std::to_string(at.items) + " items";
    if (at.expected > 0) line += " of about " + std::to_string(at.expected);
    const double seconds = std::chrono::duration<double>(now - began_).count();
    if (seconds > 1) line += ", " + std::to_string(static_cast<std::uint64_t>(static_cast<double>(at.items - began_with_) / seconds)) + "/s";
    return line;
  }

  static std::string bar(double share) {
    const auto full = static_cast<std::size_t>(share * kBarWidth);
    return "|" + std::string(full, '#') + std::string(kBarWidth - full, ' ') + "| " +
           std::to_string(static_cast<int>(share * 100)) + "% ";
  }

  void show_end(const CopyProgress& at) const {
    end_line();
    std::printf("%.*s: %llu items copied, %llu at the source, %llu at the target\n", static_cast<int>(at.table.size()),
                at.table.data(), static_cast<unsigned long long>(at.items), static_cast<unsigned long long>(at.source_items),
                static_cast<unsigned long long>(at.target_items));
    std::fflush(stdout);
  }

  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::size_t table_ = 0;
  TimePoint began_{};
  TimePoint shown_{};
  std::uint64_t began_with_ = 0;
};

Result<dynamo::CopyReport> copy(const StoreCopyOptions& options, Display& display) {
  StoreFinder finder(options.file);
  auto from = finder.find(options.from);
  if (!from) return from.error();
  auto to = finder.find(options.to);
  if (!to) return to.error();
  if (same_place(*from, *to)) return invalid("FROM and TO are the same store");

  const SystemClock clock;
  net::BlockingPool pool(kDiskThreads, kDiskQueue);
  auto source = gateway::open_engine(*from, clock, pool);
  if (!source) return source.error();
  auto target = gateway::open_engine(*to, clock, pool);
  if (!target) return target.error();

  dynamo::CopyOptions how;
  how.from = options.from;
  how.to = options.to;
  how.tables = options.tables;
  how.workers = options.workers;
  how.state_file = options.state_file;
  how.overwrite = options.overwrite;
  auto report = dynamo::copy_tables(**source, **target, how, [&display](const CopyProgress& at) { display.show(at); });
  (*source)->close();
  (*target)->close();
  return report;
}

}  // namespace

int store_copy(const StoreCopyOptions& options) {
  log::set_level(log::Level::kError);
  Display display;
  const auto report = copy(options, display);
  display.end_line();
  if (!report) {
    std::fprintf(stderr, "gatehouse: %s\n", report.error().message().c_str());
    return 1;
  }
  std::printf("%zu table%s, %llu items written\n", report->tables, report->tables == 1 ? "" : "s",
              static_cast<unsigned long long>(report->items));
  return 0;
}

}  // namespace gatehouse::app
