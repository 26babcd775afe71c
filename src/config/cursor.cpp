// Paths and the wording of the commonest problems.
#include "cursor.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <unordered_set>

namespace gatehouse::config {
namespace {

// A file that repeats ${VARIABLE} a million times must not fill the memory.
constexpr std::size_t kMaxExpandedBytes = 16 << 20;

// Nor must thousands of unknown names, each compared with thousands of known ones, take minutes.
constexpr std::size_t kMaxComparisons = 100'000;

std::string found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: return "nothing";
    case Node::Kind::kScalar: return in_quotes(node.text);
    case Node::Kind::kList: return "a list";
    case Node::Kind::kMap: break;
  }
  return "a map";
}

std::string place_text(Position at) {
  return "line " + std::to_string(at.line) + ", column " + std::to_string(at.column);
}

}  // namespace

void Names::use(std::string name, const Cursor& at) { uses_.push_back({std::move(name), at.node().at, at.path()}); }

void Names::check(Problems& problems) const {
  const std::unordered_set<std::string_view> declared(declared_.begin(), declared_.end());
  std::size_t comparisons = 0;
  for (const Use& use : uses_) {
    if (declared.contains(use.name)) continue;
    comparisons += declared_.size();
    std::string fix = comparisons > kMaxComparisons ? std::string() : did_you_mean(use.name, declared_);
    if (fix.empty()) fix = "define it under '" + std::string(section_) + "'";
    problems.add(use.at, use.path, "there is no " + std::string(what_) + " " + in_quotes(use.name), fix);
  }
}

std::string Cursor::path() const {
  std::string out;
  append_path(out);
  return out;
}

void Cursor::append_path(std::string& to) const {
  if (parent_ == nullptr) return;
  parent_->append_path(to);
  if (parent_->node_->kind == Node::Kind::kMap) {
    if (!to.empty()) to += '.';
    to += one_line(key_, kMostShown);
    return;
  }
  // An API goes by its name, which says more than a number.
  if (to == "apis" && node_->kind == Node::Kind::kMap) {
    const Node::Entry* const name = node_->find("name");
    if (name != nullptr && name->value->kind == Node::Kind::kScalar && !name->value->text.empty()) {
      to += '.' + one_line(name->value->text, kMostShown);
      return;
    }
  }
  to += '[' + std::to_string(index_) + ']';
}

void Cursor::problem(std::string_view message, std::string_view fix) const {
  reader_->problems.add(node_->at, path(), message, fix);
}

void Cursor::problem_at(std::string_view key, std::string_view message, std::string_view fix) const {
  const Node::Entry* const entry = node_->find(key);
  if (entry == nullptr) {
    problem(message, fix);
  } else {
    child(*entry).problem(message, fix);
  }
}

void Cursor::key_problem(const Node::Entry& entry, std::string_view message, std::string_view fix) const {
  reader_->problems.add(entry.at, child(entry).path(), message, fix);
}

void Cursor::mismatch(std::string_view expected, std::string_view fix) const {
  problem("expected " + std::string(expected) + ", found " + found(*node_), fix);
}

void Cursor::wrong(std::string_view expected, std::string_view text, Complaint complaint) const {
  if (text != node_->text) {
    complaint = {"expected " + std::string(expected) + ", found something else in " + in_quotes(node_->text), ""};
    if (reader_->stage && node_->text.find("stage") != std::string::npos) complaint.message += ", read for the stage " + in_quotes(reader_->stage->name);
  } else if (complaint.message.empty()) {
    complaint.message = "expected " + std::string(expected) + ", found " + in_quotes(text);
  }
  problem(complaint);
}

std::optional<std::string> Cursor::text(std::string_view expected, Dollars dollars) const {
  if (!is(Node::Kind::kScalar, expected)) return std::nullopt;
  if (node_->text.find('$') == std::string::npos) return node_->text;
  auto expanded = expand(node_->text, dollars, reader_->environment, reader_->stage ? &*reader_->stage : nullptr);
  if (auto* const complaint = std::get_if<Complaint>(&expanded)) {
    problem(*complaint);
    return std::nullopt;
  }
  std::string& filled = std::get<std::string>(expanded);
  reader_->expanded_bytes += filled.size();
  if (reader_->expanded_bytes > kMaxExpandedBytes) {
    problem("the values are longer than 16 MB once their references are filled in");
    return std::nullopt;
  }
  return std::move(filled);
}

std::string Cursor::list_fix(std::string_view text) {
  return text.size() > kMostShown ? std::string() : "put it in a list: [" + std::string(text) + "]";
}

bool Cursor::is(Node::Kind kind, std::string_view expected) const {
  if (node_->kind == kind) return true;
  mismatch(expected, kind == Node::Kind::kList && node_->kind == Node::Kind::kScalar ? list_fix(node_->text) : "");
  return false;
}

void Cursor::check_duplicate_keys() const {
  for (const Node::Entry& entry : node_->entries) {
    if (entry.first_at.line > 0)
      key_problem(entry, "the key is already given at " + place_text(entry.first_at), "keep one of them");
  }
}

}  // namespace gatehouse::config
