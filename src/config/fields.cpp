#include "fields.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

// 'a', 'b' or 'c'
std::string alternatives(std::initializer_list<std::string_view> words) {
  std::string out;
  std::size_t left = words.size();
  for (const std::string_view word : words) {
    --left;
    out += '\'';
    out += word;
    out += '\'';
    if (left > 1) out += ", ";
    if (left == 1) out += " or ";
  }
  return out;
}

}  // namespace

const Node::Entry* Fields::find(std::string_view key) {
  known_.push_back(key);
  return at_->node().find(key);
}

void Fields::later(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (model_ != nullptr) model_->add_later(key);
    later_.push_back(key);
  }
}

void Fields::misplaced(std::initializer_list<std::string_view> keys, std::string_view why, std::string_view fix) {
  if (at_ == nullptr) return;
  for (const std::string_view key : keys) {
    misplaced_.push_back(key);
    if (given(key)) at_->problem_at(key, "'" + std::string(key) + "' " + std::string(why), fix);
  }
}

void Fields::exactly_one(std::initializer_list<std::string_view> keys,
                         std::initializer_list<std::string_view> later_keys) {
  later(later_keys);
  if (object_ != nullptr) {
    object_->exactly_one.assign(keys.begin(), keys.end());
    return;
  }
  const auto is_given = [this](std::string_view key) { return given(key); };
  if (std::any_of(later_keys.begin(), later_keys.end(), is_given)) return;
  std::string first;
  std::string others;
  for (const std::string_view key : keys) {
    if (!given(key)) continue;
    std::string& to = first.empty() ? first : others;
    to += (&to == &others ? " and '" : "'") + std::string(key) + "'";
  }
  if (first.empty()) {
    at_->problem((keys.size() == 1 ? "" : "one of ") + alternatives(keys) + " is missing");
  } else if (!others.empty()) {
    at_->problem(first + others + " are given, which exclude each other", "keep one of them");
  }
}

void Fields::say_missing(std::string_view key, const std::string& expected) const {
  at_->problem("'" + std::string(key) + "' is missing", "add " + std::string(key) + ": " + expected);
}

void Fields::say_unknown(const Node::Entry& entry) const {
  if (entry.key == "<<") {
    at_->key_problem(entry, "merge keys are not supported",
                     "write the settings out, or use an alias for a whole value");
    return;
  }
  std::vector<std::string_view> candidates = known_;
  candidates.insert(candidates.end(), later_.begin(), later_.end());
  std::string fix = did_you_mean(entry.key, candidates);
  if (fix.empty()) {
    for (const std::string_view key : known_) fix += (fix.empty() ? "known keys are " : ", ") + std::string(key);
  }
  at_->key_problem(entry, "unknown key", fix);
}

void Fields::finish() const {
  at_->check_duplicate_keys();
  const auto has = [](const std::vector<std::string_view>& keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  for (const Node::Entry& entry : at_->node().entries) {
    if (has(later_, entry.key)) {
      at_->key_problem(entry, "'" + std::string(entry.key) + "' is not available in this version");
    } else if (!has(known_, entry.key) && !has(misplaced_, entry.key) && entry.first_at.line == 0) {
      say_unknown(entry);
    }
  }
}

}  // namespace gatehouse::config
