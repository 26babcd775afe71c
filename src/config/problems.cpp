// The list of problems, and how one is printed.
#include "problems.hpp"

#include <algorithm>
#include <tuple>

namespace gatehouse::config {

void Problems::add(Position at, std::string path, std::string message, std::string fix) {
  if (problems_.size() == kMost) {
    ++left_out_;
    return;
  }
  problems_.push_back({file_, at.line, at.column, std::move(path), std::move(message), std::move(fix)});
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
