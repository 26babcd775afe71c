// A node together with how one came to it: what every reading function is given. Cursors live on the stack, each pointing
// to its parent; the path is put together only when there is something to say. One thread.
#pragma once

#include "gatehouse/config/load.hpp"
#include "gatehouse/wsapi/settings.hpp"
#include "problems.hpp"
#include "references.hpp"
#include "tree.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::config {

class Cursor;

// The names of one kind of thing: declared in one place of the file, used in others, compared when all was read.
class Names {
 public:
  Names(std::string_view what, std::string_view section) : what_(what), section_(section) {}
  void declare(std::string_view name) { declared_.emplace_back(name); }
  void use(std::string name, const Cursor& at);
  const std::vector<std::string>& declared() const { return declared_; }
  // One problem for every use of what is not declared.
  void check(Problems& problems) const;

 private:
  struct Use {
    std::string name;
    Position at;
    std::string path;
  };
  std::string_view what_;     // "backend"
  std::string_view section_;  // "backends"
  std::vector<std::string> declared_;
  std::deque<Use> uses_;
};

// What reading one file needs and gathers.
struct Reader {
  Problems& problems;
  const Environment& environment;
  const std::string& directory;  // what relative paths are relative to
  Names backends{"backend", "backends"};
  Names authorizers{"authorizer", "authorizers"};
  Names stores{"store", "stores"};
  Names tables{"table", "tables"};
  bool uses_cache = false;   // some scope has one
  Names usage_plans{"usage plan", "usage_plans"};
  bool needs_store = false;  // something was read that keeps its data in one
  std::size_t expanded_bytes = 0;
  // What surrounds the value being read: the API's base path, the path variables of the route.
  std::string base_path = {};
  std::vector<std::string> path_variables = {};
  std::optional<StageInput> stage = {};  // of the API
  wsapi::EventForm event = wsapi::EventForm::kPlain;  // of the WebSocket API
  // By their text: compiled once, however many routes use them.
  std::map<std::string, std::shared_ptr<const json::Schema>> schemas = {};
};

class Cursor {
 public:
  Cursor(Reader& reader, const Node& root) : reader_(&reader), node_(&root) {}
  // They know the way through this one, which must live as long.
  Cursor child(const Node::Entry& entry) const& { return {reader_, entry.value, this, entry.key, 0}; }
  Cursor item(std::size_t index) const& { return {reader_, node_->items[index], this, {}, index}; }
  Cursor child(const Node::Entry& entry) && = delete;
  Cursor item(std::size_t index) && = delete;

  const Node& node() const { return *node_; }
  Reader& reader() const { return *reader_; }
  std::string path() const;  // "apis.shop.routes[3].backend"

  void problem(std::string_view message, std::string_view fix = {}) const;
  void problem(const Complaint& complaint) const { problem(complaint.message, complaint.fix); }
  // Of the value at `key`, or of this map when there is none.
  void problem_at(std::string_view key, std::string_view message, std::string_view fix = {}) const;
  // Of the key itself.
  void key_problem(const Node::Entry& entry, std::string_view message, std::string_view fix = {}) const;
  // "expected <what>, found <what is there>"
  void mismatch(std::string_view expected, std::string_view fix = {}) const;
  // How to write a single text where a list is expected.
  static std::string list_fix(std::string_view text);

  // Says why `text`, the value of this scalar, is wrong; "expected <what>, found <text>" unless the complaint knows better.
  // What came from the environment may be secret and is not shown.
  void wrong(std::string_view expected, std::string_view text, Complaint complaint = {}) const;

  // A scalar with its references filled in. Otherwise says what was expected, and nullopt.
  std::optional<std::string> text(std::string_view expected, Dollars dollars = Dollars::kPlain) const;
  // True for that kind of node. Otherwise says what was expected.
  bool is(Node::Kind kind, std::string_view expected) const;
  // Says which keys stand twice.
  void check_duplicate_keys() const;

 private:
  Cursor(Reader* reader, const Node* node, const Cursor* parent, std::string_view key, std::size_t index)
      : reader_(reader), node_(node), parent_(parent), key_(key), index_(index) {}
  void append_path(std::string& to) const;

  Reader* reader_;
  const Node* node_;
  const Cursor* parent_ = nullptr;
  std::string_view key_;  // in a map; otherwise `index_` in a list
  std::size_t index_ = 0;
};

}  // namespace gatehouse::config
