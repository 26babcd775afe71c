// The front of diagnostics logging: one event, one line, key=value. spdlog is behind it, in log.cpp alone.
// Any thread. Never pass tokens, keys or bodies.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::log {

enum class Level : unsigned char { kDebug, kInfo, kWarn, kError };

struct Pair {
  std::string_view key;
  std::string value;
  Pair(std::string_view k, std::string_view v) : key(k), value(v) {}
  Pair(std::string_view k, const char* v) : key(k), value(v) {}
  Pair(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  Pair(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)) {}
  Pair(std::string_view k, std::uint64_t v) : key(k), value(std::to_string(v)) {}
  Pair(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
};

// Once, at start. To stderr.
void set_level(Level level);
void write(Level level, std::string_view event, std::initializer_list<Pair> pairs = {});

inline void debug(std::string_view event, std::initializer_list<Pair> pairs = {}) { write(Level::kDebug, event, pairs); }
inline void info(std::string_view event, std::initializer_list<Pair> pairs = {}) { write(Level::kInfo, event, pairs); }
inline void warn(std::string_view event, std::initializer_list<Pair> pairs = {}) { write(Level::kWarn, event, pairs); }
inline void error(std::string_view event, std::initializer_list<Pair> pairs = {}) { write(Level::kError, event, pairs); }

}  // namespace gatehouse::log
