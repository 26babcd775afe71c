// The values of a route's path variables: views over the normalised path, still percent-encoded.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

class PathParams {
 public:
  static constexpr std::size_t kMax = 16;  // variables in one route; more is a configuration error

  void push(std::string_view name, std::string_view value) { params_[size_++] = {name, value}; }
  void truncate(std::size_t size) { size_ = size; }
  std::size_t size() const { return size_; }
  std::optional<std::string_view> get(std::string_view name) const {
    for (std::size_t i = 0; i < size_; ++i)
      if (params_[i].name == name) return params_[i].value;
    return std::nullopt;
  }

 private:
  struct Param {
    std::string_view name, value;
  };
  std::array<Param, kMax> params_;
  std::size_t size_ = 0;
};

}  // namespace gatehouse::pipeline
