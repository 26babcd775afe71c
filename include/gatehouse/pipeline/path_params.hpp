// The values of a route's path variables: views over the normalised path, still percent-encoded.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

class PathParams {
 public:
  static constexpr std::size_t kMax = 16;  // variables in one route; more is a configuration error

  // Room for kMax of them is nearly half a kilobyte that most requests do not need: only what is there is ever written.
  PathParams() {}
  PathParams(const PathParams& other) { *this = other; }
  PathParams& operator=(const PathParams& other) {
    if (this != &other) std::copy_n(other.params_, size_ = other.size_, params_);
    return *this;
  }

  void push(std::string_view name, std::string_view value) {
    params_[size_++] = {name.data(), value.data(), static_cast<std::uint32_t>(name.size()),
                        static_cast<std::uint32_t>(value.size())};
  }
  // The same, with texts that live as long as `arena`.
  PathParams copied_to(Arena& arena) const {
    PathParams copy;
    for (std::size_t i = 0; i < size_; ++i)
      copy.push(arena.copy({params_[i].name, params_[i].name_size}), arena.copy({params_[i].value, params_[i].value_size}));
    return copy;
  }
  void truncate(std::size_t size) { size_ = size; }
  std::size_t size() const { return size_; }
  std::optional<std::string_view> get(std::string_view name) const {
    for (std::size_t i = 0; i < size_; ++i) {
      const Param& param = params_[i];
      if (std::string_view(param.name, param.name_size) == name) return std::string_view(param.value, param.value_size);
    }
    return std::nullopt;
  }

 private:
  struct Param {
    const char* name;
    const char* value;
    std::uint32_t name_size, value_size;
  };
  Param params_[kMax];  // not initialised
  std::size_t size_ = 0;
};

}  // namespace gatehouse::pipeline
