// What the gateway changes about the fields of a message on its way through: removals and additions, applied when the head
// is serialised. Texts are borrowed: they live in the request's arena, in settings, or in static storage. One thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/http/fields.hpp"

#include <cstdint>
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
  // Removes every field in `ids` (a union of bit()) of the original message only.
  void remove_all(std::uint64_t ids) { removed_known_ |= ids; }
  // Replaces every field of that name, also one added before.
  void set(FieldId id, std::string_view value);
  void set(std::string_view name, std::string_view value);
  void append(FieldId id, std::string_view value);
  void append(std::string_view name, std::string_view value);

  std::uint64_t removed_known() const { return removed_known_; }
  // True when the original field `name`, which is no known one, must not be sent. '_' and '-' are the same here: many
  // backends cannot tell them apart.
  bool removes_other(std::string_view name) const;
  bool removes_others() const { return removed_ != nullptr; }

  struct Added {
    std::string_view name, value;
    FieldId id;
    Added* next;
  };
  const Added* added() const { return added_; }
  struct Removed {
    std::string_view name;
    Removed* next;
  };

 private:
  void drop_added(FieldId id);
  void drop_added(std::string_view name);
  template <class Predicate>
  void drop_added_if(Predicate drops);
  void link(FieldId id, std::string_view name, std::string_view value);

  Arena* arena_;
  Added* added_ = nullptr;
  Added* last_ = nullptr;
  Removed* removed_ = nullptr;
  std::uint64_t removed_known_ = 0;
};

}  // namespace gatehouse::http
