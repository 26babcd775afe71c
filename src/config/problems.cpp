// The list of problems, and how one is printed.
#include "problems.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <tuple>

namespace gatehouse::config {
namespace {

constexpr std::size_t kMostText = 1000;

}  // namespace

void Problems::add(Position at, std::string_view path, std::string_view message, std::string_view fix) {
  // An API is read once for each of its stages.
  if (!seen_.emplace(at.line, at.column, hash64(path), hash64(message)).second) return;
  if (problems_.size() == kMost) {
    ++left_out_;
    return;
  }
  // Whoever makes a message may have put foreign text into it.
  problems_.push_back(
      {file_, at.line, at.column, one_line(path, kMostText), one_line(message, kMostText), one_line(fix, kMostText)});
}

std::vector<Problem> Problems::take() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (left_out_ > 0) {
    problems_.push_back({file_, 0, 0, "", std::to_string(left_out_) + " more problems are left out", ""});
  }
  return std::move(problems_);
}

std::string Problem::to_string() const {
  std::string line_text = file;
  if (line > 0) line_text += ":" + std::to_string(line) + ":" + std::to_string(column);
  line_text += ": ";
  if (!path.empty()) line_text += path + ": ";
  line_text += message;
  if (!fix.empty()) line_text += " (" + fix + ")";
  return line_text;
}

}  // namespace gatehouse::config
