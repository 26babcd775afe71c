// Collects what is wrong with a file. One thread.
#pragma once

#include "gatehouse/config/load.hpp"
#include "text.hpp"

#include <string>
#include <string_view>
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
  std::size_t left_out_ = 0;
};

}  // namespace gatehouse::config
