// The values of a route's path variables: views over the normalised path, still percent-encoded.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

class PathParams {
 public:
  static constexpr std::size_t kMax = 16;  // variables in one route; more is a configuration error

  // Room for kMax of them is half a kilobyte that most requests do not need: only what is there is ever written.
  PathParams() {}
  PathParams(const PathParams& other) { *this = other; }
  PathParams& operator=(const PathParams& other) {
    if (this != &other) std::uninitialized_copy_n(other.params_, size_ = other.size_, params_);
    return *this;
  }

  void push(std::string_view name, std::string_view value) { std::construct_at(&params_[size_++], Param{name, value}); }
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
  union {
    Param params_[kMax];
  };
  std::size_t size_ = 0;
};

}  // namespace gatehouse::pipeline
