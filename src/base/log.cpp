// Formats the line and hands it to spdlog's stderr sink. The only file that knows spdlog.
#include "gatehouse/base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>

namespace gatehouse::log {
namespace {

std::atomic<Level> threshold{Level::kInfo};

spdlog::logger& logger() {
  // Never destroyed: threads and destructors may still log while the process ends.
  static auto* const instance = [] {
    auto* const made = new spdlog::logger("gatehouse", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                 spdlog::level::err};

void append_time(std::string& line) {
  const auto now = std::chrono::system_clock::now();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  const int size =
      std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(millis % 1000));
  line.append(text, static_cast<std::size_t>(size));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void append_escaped(std::string& line, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (is_control(c)) {
      line += "\\x";
      line += kDigits[static_cast<unsigned char>(c) >> 4];
      line += kDigits[static_cast<unsigned char>(c) & 15];
    } else {
      line += c;
    }
  }
}

void append_value(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
    return c == ' ' || c == '"' || c == '\\' || c == '=' || is_control(c);
  });
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  append_escaped(line, value);
  line += '"';
}

}  // namespace

void set_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

void write(Level level, std::string_view event, std::initializer_list<Pair> pairs) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  const auto index = static_cast<std::size_t>(level);
  std::string line;
  append_time(line);
  line += ' ';
  line += kNames[index];
  line += ' ';
  append_escaped(line, event);
  for (const auto& [key, value] : pairs) {
    line += ' ';
    append_escaped(line, key);
    line += '=';
    append_value(line, value);
  }
  logger().log(kLevels[index], spdlog::string_view_t(line.data(), line.size()));
  // A line about trouble must not be lost with the process.
  if (level >= Level::kWarn) logger().flush();
}

}  // namespace gatehouse::log
