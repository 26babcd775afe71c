// What the gateway changes about the fields of a message on its way through: removals and additions, applied when the head
// is serialised. Texts are borrowed: they live in the request's arena, in settings, or in static storage. One thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/http/fields.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

namespace gatehouse::http {

class FieldEdits {
 public:
  // All memory comes from `arena`, which must outlive the edits.
  explicit FieldEdits(Arena& arena) : arena_(&arena) {}

  // Where an id is taken, it is not kOther.
  void remove(FieldId id) {
    removed_known_ |= bit(id);
    if (added_ != nullptr) drop_added(id);
  }
  void remove(std::string_view name);
  // For a name that was looked up before: `id` is what field_id() says of it.
  void remove(FieldId id, std::string_view name) {
    if (id != FieldId::kOther) {
      remove(id);
    } else {
      remove_other(name);
    }
  }
  // Removes every field in `ids` (a union of bit()) of the original message only.
  void remove_all(std::uint64_t ids) { removed_known_ |= ids; }
  // Replaces every field of that name, also one added before.
  void set(FieldId id, std::string_view value);
  void set(std::string_view name, std::string_view value);
  void append(FieldId id, std::string_view value);
  void append(std::string_view name, std::string_view value);
  // The same for values that cannot be wrong: literals, numbers, what the parser let through and lists of that. They are
  // not looked at again when the head is written.
  void set_valid(FieldId id, std::string_view value) {
    remove(id);
    link(id, {}, value, Checked::kYes);
  }
  void append_valid(FieldId id, std::string_view value) { link(id, {}, value, Checked::kYes); }
  // REQUIRES: `name` is a literal, and none that has an id.
  void append_valid(std::string_view name, std::string_view value) { link(FieldId::kOther, name, value, Checked::kYes); }

  std::uint64_t removed_known() const { return removed_known_; }
  // True when the original field `name`, which is no known one, must not be sent. '_' and '-' are the same here: many
  // backends cannot tell them apart.
  bool removes_other(std::string_view name) const;
  bool removes_others() const { return removed_ != nullptr; }

  enum class Checked : bool { kNo, kYes };
  struct Added {
    std::string_view written;  // the name; empty when it is that of `id`
    std::string_view value;
    Added* next;
    FieldId id;
    Checked checked;
    std::string_view name() const { return written.empty() ? field_name(id) : written; }
  };
  const Added* added() const { return added_; }
  // What all that was ever added takes as lines of a head, at most.
  std::size_t added_bytes() const { return added_bytes_; }
  struct Removed {
    std::string_view name;
    Removed* next;
  };

 private:
  void remove_other(std::string_view name);
  void drop_added(FieldId id);
  void drop_added(std::string_view name);
  template <class Predicate>
  void drop_added_if(Predicate drops);
  void link(FieldId id, std::string_view written, std::string_view value, Checked checked) {
    auto* added = new (arena_->allocate(sizeof(Added), alignof(Added))) Added{written, value, nullptr, id, checked};
    (last_ == nullptr ? added_ : last_->next) = added;
    last_ = added;
    added_bytes_ += kLongestKnownName + written.size() + value.size() + 4;
  }

  Arena* arena_;
  Added* added_ = nullptr;
  Added* last_ = nullptr;
  Removed* removed_ = nullptr;
  std::uint64_t removed_known_ = 0;
  std::size_t added_bytes_ = 0;
};

}  // namespace gatehouse::http
