// Collects what is wrong with a file. One thread.
#pragma once

#include "gatehouse/config/load.hpp"
#include "text.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace gatehouse::config {

class Problems {
 public:
  // Beyond it problems are only counted: a broken file of megabytes must not fill memory and screen.
  static constexpr std::size_t kMost = 1000;

  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Position at, std::string_view path, std::string_view message, std::string_view fix = {});
  const std::string& file() const { return file_; }
  // In the order of the file.
  std::vector<Problem> take();

 private:
  std::string file_;
  std::vector<Problem> problems_;
  std::set<std::tuple<int, int, std::uint64_t, std::uint64_t>> seen_;  // places, with hashes of the texts
  std::size_t left_out_ = 0;
};

}  // namespace gatehouse::config
