#include "methods.hpp"

#include <set>
#include <stdexcept>

namespace gatehouse::routing {

MethodId Methods::add(std::string_view method) {
  if (method.empty()) return kAnyMethod;
  if (const MethodId known = find(method); known != kUnknownMethod) return known;
  if (names_.size() >= kUnknownMethod) throw std::length_error("more than 254 different methods");
  names_.emplace_back(method);
  return static_cast<MethodId>(names_.size() - 1);
}

MethodId Methods::find(std::string_view method) const {
  for (std::size_t id = 1; id < names_.size(); ++id) {
    if (names_[id] == method) return static_cast<MethodId>(id);
  }
  return kUnknownMethod;
}

std::string_view Methods::allow(std::uint64_t set) const {
  const std::lock_guard lock(mutex_);
  const auto [at, added] = texts_.try_emplace(set);
  std::string& text = at->second;
  if (!added) return text;
  std::set<std::string_view> sorted;
  for (std::size_t id = 0; id < names_.size() && id < kListed; ++id) {
    if ((set >> id & 1) != 0) sorted.insert(names_[id]);
  }
  if (sorted.contains("GET")) sorted.insert("HEAD");
  for (const std::string_view name : sorted) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

}  // namespace gatehouse::routing
