// valijson 1.0 names std::regex, which overflows the stack on long input and backtracks without bound. This header, included
// before valijson and by nothing else, puts RE2 under the names that it uses.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

namespace gatehouse::json {

class LinearRegex {
 public:
  explicit LinearRegex(const std::string& pattern) : compiled_(std::make_shared<re2::RE2>(pattern, re2::RE2::Quiet)) {
    if (!compiled_->ok()) throw std::runtime_error(compiled_->error());
  }
  const re2::RE2& compiled() const { return *compiled_; }

 private:
  std::shared_ptr<re2::RE2> compiled_;
};

class LinearMatch {
 public:
  struct Group {
    std::string text;
    std::string str() const { return text; }
  };
  Group operator[](std::size_t index) const { return index < groups.size() ? groups[index] : Group(); }
  std::vector<Group> groups;
};

inline bool linear_search(const std::string& text, const LinearRegex& regex) {
  return re2::RE2::PartialMatch(text, regex.compiled());
}

inline bool linear_match(const std::string& text, const LinearRegex& regex) {
  return re2::RE2::FullMatch(text, regex.compiled());
}

inline bool linear_match(const std::string& text, LinearMatch& match, const LinearRegex& regex) {
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(regex.compiled().NumberOfCapturingGroups()) + 1);
  if (!regex.compiled().Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, pieces.data(), static_cast<int>(pieces.size())))
    return false;
  match.groups.clear();
  for (const re2::StringPiece& piece : pieces) match.groups.push_back({std::string(piece.data(), piece.size())});
  return true;
}

}  // namespace gatehouse::json

namespace std {
using gatehouse_regex = gatehouse::json::LinearRegex;
using gatehouse_smatch = gatehouse::json::LinearMatch;
template <class... Arguments>
bool gatehouse_regex_search(Arguments&&... arguments) {
  return gatehouse::json::linear_search(std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
bool gatehouse_regex_match(Arguments&&... arguments) {
  return gatehouse::json::linear_match(std::forward<Arguments>(arguments)...);
}
}  // namespace std

#define regex gatehouse_regex
#define smatch gatehouse_smatch
#define regex_search gatehouse_regex_search
#define regex_match gatehouse_regex_match
